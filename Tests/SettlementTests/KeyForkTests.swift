import CanteenModel
import Foundation
import SyncProtocol
import Testing

@testable import Journal
@testable import SettlementStore

/// A ledger that forks, rotates its key there, begins a new epoch and rotates again. The fleet simulator found
/// that such a terminal was never fed again: the books kept its second rotation as a record that nobody can
/// read, acknowledged it, and so the terminal asked with a key that they did not know.
@Suite(.everyStore, .namingStore, .timeLimit(.minutes(5))) struct KeyForkTests {
  private struct Site {
    let site: LedgerSite
    /// The terminal's keys, one after the other.
    let keys: [SigningKey]

    init() async throws {
      site = try await LedgerSite()
      let second = SigningKey(succeeding: site.key)
      keys = [site.key, second, SigningKey(succeeding: second)]
    }

    /// Rotates to the next key, and sells with it.
    func rotate(_ journal: Journal, to key: SigningKey) async throws {
      _ = try await journal.rotate(to: key)
      site.nextKey = key
      try await site.settle(journal)
      #expect(journal.key.rawBytes == key.rawBytes)
      (site.key, site.nextKey) = (key, nil)
      try await site.sell(1, at: journal)
      try await site.settle(journal)
    }

    /// The ledger sold on from an image of itself, rotated on that branch, was lost, and sells in the epoch that
    /// the centre's operator granted. The image of the accepted branch lies there as `first`.
    func inNewEpoch() async throws -> Journal {
      var journal = try await site.open()
      try await site.sell(2, at: journal)
      try await site.settle(journal)
      try journal.close()
      try site.copyLedger()
      journal = try await site.open()
      try await site.sell(3, at: journal)
      try await site.settle(journal)
      try journal.close()
      try site.copyLedger(as: "first")
      try site.restoreLedger()
      journal = try await site.open()
      try await site.sell(1, at: journal)
      try await site.settle(journal)
      try await rotate(journal, to: keys[1])
      try journal.close()
      try site.loseLedger()
      let grant = try await site.books.grantEpoch(to: site.terminal)
      let token = try #require(Hexadecimal.bytes(grant.token).flatMap { Digest32($0) })
      try Journal.begin(
        GrantedEpoch(epoch: Epoch(grant.epoch), token: token), site.configuration)
      journal = try await site.open()
      try await site.sell(1, at: journal)
      try await site.settle(journal)
      return journal
    }
  }

  @Test("a terminal that rotated on a fork rotates again in its new epoch, and is fed as before")
  func rotatesAgain() async throws {
    let site = try await Site()
    let journal = try await site.inNewEpoch()
    try await site.rotate(journal, to: site.keys[2])
    #expect(try await site.site.settledFen() == 900)
    #expect(try await site.site.available(at: journal) == 10_000 - 900)
    let lines = try await site.site.books.records(of: site.site.terminal, limit: 50)
    #expect(lines.filter { $0.kind == "keyRotated" }.count == 2)
    #expect(!lines.contains { $0.kind == "unreadable" })
    let current = try await site.site.books.publicKey(of: site.site.terminal)
    #expect(current == site.keys[2].publicKey)
    try await site.site.expectClean(journal)
  }

  @Test("who has a key that was handed over hands in what he sold, and is told nothing")
  func oldKeys() async throws {
    let site = try await Site()
    let journal = try await site.inNewEpoch()
    try await site.rotate(journal, to: site.keys[2])
    let terminal = site.site.terminal
    let wrong = StoreError.notGenuine(.retiredKey)
    for key in site.keys[...1] {
      let feed = try FeedCodec.encode(
        journal.feedCursor, terminal: terminal, echoedNonce: journal.storedNonce, key: key)
      await #expect(throws: wrong) {
        try await site.site.books.feedPage(asked: feed, by: terminal)
      }
      let behind = try await journal.nextBatch(limit: 500, challenge: .random()).facts
      let batch = try BatchCodec.seal(
        [], terminal: terminal, epoch: behind.epoch, first: behind.first,
        previousHead: behind.previousHead, echoedNonce: behind.echoedNonce, challenge: .random(),
        key: key)
      await #expect(throws: wrong) {
        try await site.site.books.take(batch: batch.bytes, from: terminal)
      }
      let token = try TestTerminal(terminal.number, epoch: 3, key: key).batch()
      await #expect(throws: wrong) {
        try await site.site.books.take(batch: token, from: terminal)
      }
    }
    try journal.close()
    // The branch that was the accepted one in the first epoch never rotated: its sales count, and a rotation
    // of its own gives it nothing.
    try site.site.restoreLedger(from: "first", atLane: 3)
    (site.site.key, site.site.nextKey) = (site.keys[0], nil)
    let older = try Journal(site.site.configuration)
    try await site.site.sell(2, at: older)
    try await site.site.handIn(older)
    #expect(try await site.site.settledFen() == 1_100)
    await #expect(throws: wrong) { try await site.site.feed(older) }
    let own = SigningKey(succeeding: site.keys[0])
    _ = try await older.rotate(to: own)
    try await site.site.handIn(older)
    #expect(older.key.rawBytes == own.rawBytes)
    await #expect(throws: wrong) { try await site.site.feed(older) }
    try older.close()
    try site.site.books.close()
  }

  @Test("a ledger of an older epoch that rotates takes the key from nobody")
  func olderEpoch() async throws {
    let site = try await Site()
    var journal = try await site.inNewEpoch()
    try journal.close()
    try site.site.copyLedger(as: "second")
    try site.site.restoreLedger(from: "first", atLane: 3)
    site.site.key = site.keys[0]
    let older = try Journal(site.site.configuration)
    try await site.site.sell(1, at: older)
    _ = try await older.rotate(to: SigningKey(succeeding: site.keys[0]))
    try await site.site.handIn(older)
    try older.close()
    try site.site.restoreLedger(from: "second", atLane: 4)
    site.site.key = site.keys[1]
    journal = try await site.site.open()
    try await site.site.sell(1, at: journal)
    try await site.site.settle(journal)
    #expect(try await site.site.settledFen() == 1_000)
    #expect(try await site.site.available(at: journal) == 10_000 - 1_000)
    try await site.site.expectClean(journal)
  }
}
