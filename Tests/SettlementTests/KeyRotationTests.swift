import CanteenModel
import Foundation
import SyncProtocol
import Testing

@testable import Journal
@testable import SettlementStore

/// The real ledger rotates its key, and the real books judge each batch by its place in the chain.
@Suite(.everyStore, .namingStore, .timeLimit(.minutes(5))) struct KeyRotationTests {
  /// A site whose terminal sold twice, settled, and wrote a rotation behind another sale: record 5.
  private struct Site {
    let site: LedgerSite
    let old: SigningKey
    let new: SigningKey
    var books: Books { site.books }

    init() async throws {
      site = try await LedgerSite()
      old = site.key
      new = SigningKey(succeeding: old)
    }

    func rotating() async throws -> Journal {
      let journal = try await site.open()
      try await site.sell(2, at: journal)
      try await site.settle(journal)
      try await site.sell(1, at: journal)
      guard case .begun = try await journal.rotate(to: new) else { throw Unexpected() }
      site.nextKey = new
      return journal
    }

    /// A ledger that rotated, and sold on with the new key.
    func rotated() async throws -> Journal {
      let journal = try await rotating()
      try await site.settle(journal)
      (site.key, site.nextKey) = (new, nil)
      try await site.sell(1, at: journal)
      try await site.settle(journal)
      return journal
    }

    func batch(_ journal: Journal) async throws -> [UInt8] {
      try await journal.nextBatch(limit: 500, challenge: .random()).bytes
    }

    /// The same batch as somebody else would sign it.
    func signed(_ bytes: [UInt8], by key: SigningKey, from before: SigningKey) throws -> [UInt8] {
      let batch = try BatchCodec.open(bytes, key: before.publicKey)
      return try BatchCodec.seal(
        batch.records, terminal: site.terminal, epoch: batch.facts.epoch,
        first: batch.facts.first, previousHead: batch.facts.previousHead,
        echoedNonce: batch.facts.echoedNonce, challenge: .random(), newest: batch.facts.newest,
        key: key
      ).bytes
    }

    func take(_ batch: [UInt8]) async throws -> IntakeAnswer {
      try await books.take(batch: batch, from: site.terminal)
    }

    func flags() async throws -> [FlagKind] {
      try await books.report().terminals.flatMap(\.flags).map(\.kind)
    }
  }

  private struct Unexpected: Error {}

  @Test("a terminal rotates its key, and everything is settled once")
  func wholeWay() async throws {
    let site = try await Site()
    let journal = try await site.rotated()
    #expect(try await site.site.settledFen() == 400)
    let entry = try #require(try await site.books.terminals().first)
    #expect(entry.publicKey == Hexadecimal.text(site.new.publicKey.rawBytes))
    let lines = try await site.books.records(of: site.site.terminal, limit: 10)
    #expect(lines.map(\.kind).filter { $0 == "keyRotated" }.count == 1)
    #expect(lines.allSatisfy { $0.standing != "suspense" })
    #expect(try await site.flags().isEmpty)
    try await site.site.expectClean(journal)
  }

  @Test("an ack that is lost leaves the old key, whose batch comes again and is taken once")
  func lostAck() async throws {
    let site = try await Site()
    var journal = try await site.rotating()
    _ = try await site.take(try await site.batch(journal))
    // It stops before the ack comes: terminal.key and terminal.key.next lie there.
    try journal.close()
    journal = try Journal(site.site.configuration)
    #expect(journal.key.rawBytes == site.old.rawBytes)
    try await site.site.settle(journal)
    #expect(journal.key.rawBytes == site.new.rawBytes)
    (site.site.key, site.site.nextKey) = (site.new, nil)
    try await site.site.sell(1, at: journal)
    try await site.site.settle(journal)
    #expect(try await site.site.settledFen() == 400)
    #expect(try await site.flags().isEmpty)
    try await site.site.expectClean(journal)
  }

  @Test("the old key signs nothing behind the rotation, and whoever has it is noticed")
  func oldKey() async throws {
    let site = try await Site()
    let journal = try await site.rotated()
    try await site.site.sell(1, at: journal)
    let batch = try await site.batch(journal)
    for forged in [
      try site.signed(batch, by: site.old, from: site.new),
      try TestTerminal(3, epoch: 2, key: site.old).batch(),
    ] {
      await #expect(throws: StoreError.notGenuine(.retiredKey)) { try await site.take(forged) }
    }
    #expect(try await site.site.settledFen() == 400)
    #expect(Set(try await site.flags()) == [.retiredKey])
    #expect("\(StoreError.notGenuine(.retiredKey))".contains("terminal.key"))
    try await site.site.settle(journal)
    #expect(try await site.site.settledFen() == 500)
    try await site.site.expectClean(journal)
  }

  @Test("a key that no rotation announced signs nothing")
  func unannouncedKey() async throws {
    let site = try await Site()
    let journal = try await site.rotated()
    let batch = try await site.batch(journal)
    let forged = try site.signed(batch, by: SigningKey(), from: site.new)
    await #expect(throws: StoreError.notGenuine(.badSignature)) { try await site.take(forged) }
    #expect(try await site.flags().isEmpty)
    try await site.site.expectClean(journal)
  }

  @Test("a centre that believes the old key behind the rotation is found out")
  func seededBooksBug() async throws {
    let taken = try await SeededBooksBug.$planted.withValue(.believesRetiredKeys) {
      let site = try await Site()
      let journal = try await site.rotated()
      try await site.site.sell(1, at: journal)
      let forged = try site.signed(
        try await site.batch(journal), by: site.old, from: site.new)
      _ = try await site.take(forged)
      let sum = try await site.site.settledFen()
      try journal.close()
      try site.books.close()
      return sum
    }
    #expect(taken == 500, "the planted mistake takes what the test above sees refused")
  }

  @Test("a terminal that signs with the new key before the ack is found out: its batch is refused")
  func seededKeyBug() async throws {
    let site = try await Site()
    let journal = try await SeededKeyBug.$planted.withValue(.rotatedBeforeAck) {
      try await site.rotating()
    }
    let batch = try await site.batch(journal)
    await #expect(throws: StoreError.notGenuine(.badSignature)) { try await site.take(batch) }
    try journal.close()
    try site.books.close()
  }

  @Test("an image from before the rotation is noticed as a copy, settled once, and told nothing")
  func olderImage() async throws {
    let site = try await Site()
    var journal = try await site.site.open()
    try await site.site.sell(2, at: journal)
    try await site.site.settle(journal)
    try journal.close()
    try site.site.copyLedger()
    journal = try Journal(site.site.configuration)
    _ = try await journal.rotate(to: site.new)
    try await site.site.settle(journal)
    try await site.site.sell(1, at: journal)
    try await site.site.settle(journal)
    try journal.close()
    try site.site.restoreLedger()
    journal = try Journal(site.site.configuration)
    #expect(journal.key.rawBytes == site.old.rawBytes)
    // More places than the original has: the image's own key is judged along its own branch.
    try await site.site.sell(4, at: journal)
    for _ in 0..<3 {
      let batch = try await journal.nextBatch(limit: 2, challenge: .random())
      let ack = try site.site.fixture.ack(try await site.take(batch.bytes))
      try await journal.store(ack)
    }
    #expect(!journal.hasBacklog)
    #expect(try await site.site.settledFen() == 700)
    #expect(Set(try await site.flags()) == [.fork, .staleCopy])
    await #expect(throws: StoreError.notGenuine(.retiredKey)) {
      try await site.site.feed(journal)
    }
    // It rotates by itself: what it sells is settled, and it is told nothing all the same.
    let third = SigningKey(succeeding: site.old)
    _ = try await journal.rotate(to: third)
    try await site.site.handIn(journal)
    #expect(journal.key.rawBytes == third.rawBytes)
    try await site.site.sell(1, at: journal)
    try await site.site.handIn(journal)
    await #expect(throws: StoreError.notGenuine(.retiredKey)) {
      try await site.site.feed(journal)
    }
    #expect(try await site.site.settledFen() == 800)
    let entry = try #require(try await site.books.terminals().first)
    #expect(entry.publicKey == Hexadecimal.text(site.new.publicKey.rawBytes))
    try await site.site.expectClean(journal)
  }

  @Test(
    "books that were restored to before the rotation learn the key from the records that come again"
  )
  func restoredBooks() async throws {
    let site = try await Site()
    let journal = try await site.site.open()
    try await site.site.sell(1, at: journal)
    try await site.site.settle(journal)
    let backup = try site.site.fixture.image(of: site.books)
    _ = try await journal.rotate(to: site.new)
    try await site.site.sell(1, at: journal)
    try await site.site.settle(journal)
    let third = SigningKey(succeeding: site.new)
    _ = try await journal.rotate(to: third)
    try await site.site.settle(journal)
    try await site.site.sell(1, at: journal)
    try await site.site.settle(journal)
    try site.site.forget(since: backup)
    #expect(try await site.site.settledFen() == 100)
    // Nobody but the holder of the newest key can say so.
    let batch = try await site.batch(journal)
    let forged = try site.signed(batch, by: site.new, from: third)
    await #expect(throws: StoreError.notGenuine(.badSignature)) { try await site.take(forged) }
    try await site.site.settle(journal)
    #expect(try await site.site.settledFen() == 300)
    let entry = try #require(try await site.books.terminals().first)
    #expect(entry.publicKey == Hexadecimal.text(third.publicKey.rawBytes))
    try await site.site.sell(1, at: journal)
    try await site.site.settle(journal)
    #expect(!(try await site.flags()).contains(.retiredKey))
    try await site.site.expectClean(journal)
  }

  @Test("what a terminal asks is signed with the key that it has now")
  func requests() async throws {
    let site = try await Site()
    let journal = try await site.rotated()
    let terminal = site.site.terminal
    let hold = HoldRequest(
      terminal: terminal, id: HoldID(.random()), account: AccountID(1), asked: Fen(100),
      least: Fen(100), ownSales: [], echoedNonce: journal.storedNonce, challenge: .random())
    let feed = { (key: SigningKey) throws in
      try FeedCodec.encode(
        journal.feedCursor, terminal: terminal, echoedNonce: journal.storedNonce, key: key)
    }
    let wrong = StoreError.notGenuine(.retiredKey)
    let (books, old, new) = (site.books, site.old, site.new)
    await #expect(throws: wrong) {
      try await books.hold(asked: try HoldCodec.seal(hold, key: old), by: terminal)
    }
    _ = try await books.hold(asked: try HoldCodec.seal(hold, key: new), by: terminal)
    await #expect(throws: wrong) { try await books.feedPage(asked: try feed(old), by: terminal) }
    _ = try await books.feedPage(asked: try feed(new), by: terminal)
    await #expect(throws: StoreError.notGenuine(.badSignature)) {
      try await books.feedPage(asked: try feed(SigningKey()), by: terminal)
    }
    try await site.site.expectClean(journal)
  }

  @Test("a rotation that nobody signed is a record that nobody can read, and rotates nothing")
  func forgedRotation() async throws {
    let site = try await Site()
    let journal = try await site.site.open()
    try await site.site.sell(1, at: journal)
    var terminal = TestTerminal(4, key: site.old)
    try await site.books.add(SettlementFixture.entry(terminal))
    try terminal.append(.epochOpened(EpochOpened(previous: nil, previousHead: .zero)))
    let elsewhere = try KeyRotated(
      from: site.old, to: site.new, terminal: terminal.id,
      at: JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(9)),
      after: terminal.heads[0])
    try terminal.append(.keyRotated(elsewhere))
    _ = try await site.books.take(batch: try terminal.batch(), from: terminal.id)
    let lines = try await site.books.records(of: terminal.id, limit: 10)
    #expect(lines.map(\.kind) == ["epochOpened", "unreadable"])
    #expect(try await site.books.publicKey(of: terminal.id) == site.old.publicKey)
    // A good one, with a record behind it in the same batch.
    let good = try KeyRotated(
      from: site.old, to: site.new, terminal: terminal.id,
      at: JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(3)),
      after: terminal.heads[1])
    try terminal.append(.keyRotated(good))
    try terminal.sell(1, subsidy: 100)
    let batch = try terminal.batch(after: 2)
    await #expect {
      try await site.books.take(batch: batch, from: terminal.id)
    } throws: { "\($0)".contains("ends its batch") }
    _ = try await site.books.take(batch: try terminal.batch(after: 2, count: 1), from: terminal.id)
    #expect(try await site.books.publicKey(of: terminal.id) == site.new.publicKey)
    await #expect(throws: StoreError.notGenuine(.retiredKey)) {
      try await site.books.take(batch: try terminal.batch(after: 3), from: terminal.id)
    }
    try journal.close()
    try site.books.close()
  }
}
