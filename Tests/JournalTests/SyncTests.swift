import CanteenModel
import GRDB
import SyncProtocol
import Synchronization
import TerminalCore
import Testing

@testable import Journal

@Suite struct SyncTests {
  @Test("a batch carries what the centre does not have, and an ack moves the start of the next one")
  func batchesAndAcks() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed(
      (1...5).map { JournalFixture.account($0, subsidy: 5000) })
    for number in 1...5 { _ = try await journal.authorise(JournalFixture.request(Int64(number))) }
    let first = try await journal.nextBatch(limit: 4, challenge: .random())
    let opened = try BatchCodec.open(first.bytes, key: fixture.key.publicKey)
    #expect(opened.facts == first.facts)
    #expect(opened.records.count == 4)
    #expect(opened.facts.first == SequenceNumber(1))
    let ack = Self.ack(first.facts, head: opened.heads[3])
    try await journal.store(ack)
    let second = try await journal.nextBatch(limit: 500, challenge: .random())
    #expect(second.facts.first == SequenceNumber(5))
    #expect(second.facts.count == 2)
    #expect(second.facts.previousHead == opened.heads[3])
    #expect(second.facts.echoedNonce == ack.nonce)
    #expect(try await journal.standing().unsynced == 2)
    try journal.close()
  }

  @Test("a centre that lost records is handed them again: the next batch begins behind its ack")
  func centreWasRestored() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 5000)])
    _ = try await journal.authorise(JournalFixture.request(1))
    let batch = try await journal.nextBatch(limit: 500, challenge: .random())
    let heads = try BatchCodec.open(batch.bytes, key: fixture.key.publicKey).heads
    try await journal.store(Self.ack(batch.facts, head: batch.facts.head))
    #expect(try await journal.standing().unsynced == 0)
    let empty = try await journal.nextBatch(limit: 500, challenge: .random())
    #expect(empty.facts.count == 0)
    let less = BatchFacts(
      terminal: TerminalID(3), epoch: Epoch(1), first: SequenceNumber(1), count: 1,
      previousHead: .zero, head: heads[0], echoedNonce: nil, challenge: empty.facts.challenge)
    try await journal.store(Self.ack(less, head: heads[0]))
    let again = try await journal.nextBatch(limit: 500, challenge: .random())
    #expect(again.facts.first == SequenceNumber(2))
    #expect(again.facts.count == 1)
    #expect(again.facts.head == batch.facts.head)
    try journal.close()
  }

  @Test("the backlog is counted without reading it, and its oldest record is dated")
  func backlog() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed(
      (1...3).map { JournalFixture.account($0, subsidy: 5000) })
    for number in 1...3 {
      fixture.advance(seconds: 10)
      _ = try await journal.authorise(JournalFixture.request(Int64(number)))
    }
    let batch = try await journal.nextBatch(limit: 2, challenge: .random())
    try await journal.store(Self.ack(batch.facts, head: batch.facts.head))
    let standing = try await journal.standing()
    #expect(standing.unsynced == 2)
    #expect(standing.oldestUnsyncedWallMilliseconds == JournalFixture.noon + 20_000)
    try journal.close()
  }

  @Test(
    "what is unsettled falls with an ack, rises again when the centre lost it, and outlives a restart"
  )
  func unsettled() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    for fen in [100, 200] {
      _ = try await journal.authorise(JournalFixture.request(1, price: .keyed(Fen(Int64(fen)))))
    }
    #expect(try await journal.standing().unsettledTotal == Fen(300))
    let batch = try await journal.nextBatch(limit: 2, challenge: .random())
    try await journal.store(Self.ack(batch.facts, head: batch.facts.head))
    #expect(try await journal.standing().unsettledTotal == Fen(200))
    try journal.close()
    journal = try fixture.open()
    #expect(try await journal.standing().unsettledTotal == Fen(200))
    let rest = try await journal.nextBatch(limit: 500, challenge: .random())
    try await journal.store(Self.ack(rest.facts, head: rest.facts.head))
    #expect(try await journal.standing().unsettledTotal == .zero)
    #expect(journal.state.withLock { $0.backlog } == .none)
    try await journal.store(Self.ack(batch.facts, head: batch.facts.head))
    #expect(try await journal.standing().unsettledTotal == Fen(200))
    try journal.close()
  }

  @Test("a terminal that stored as many records as it may sells one standard meal to each, no more")
  func brakes() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let limits = JournalFixture.rulebook(
      version: 2, brakes: Brakes(total: Fen(1_000_000), records: 3, hours: 72))
    try await journal.apply(JournalFixture.page([], from: 1, to: 1, rulebook: limits))
    func buy(_ fen: Int64) async throws -> SaleOutcome {
      try await journal.authorise(JournalFixture.request(1, price: .keyed(Fen(fen))))
    }
    #expect(try await buy(100).isApproved)
    #expect(try await journal.standing().brake == .warning)
    #expect(try await journal.authorise(JournalFixture.request(99)).declineReason != nil)
    #expect(try await journal.standing().brake == .braked)
    #expect(try await buy(100).declineReason == .needsCentre)
    let batch = try await journal.nextBatch(limit: 500, challenge: .random())
    try await journal.store(Self.ack(batch.facts, head: batch.facts.head))
    #expect(try await buy(100).isApproved)
    try journal.close()
  }

  @Test("what the feed includes is not subtracted again, and what it does not is")
  func includes() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let first = try await journal.authorise(JournalFixture.request(1, price: .keyed(Fen(1000))))
    _ = try await journal.authorise(JournalFixture.request(1, price: .keyed(Fen(2000))))
    // The centre has posted the first sale only: 90.00 - 10.00 = 80.00 is its balance.
    try await journal.apply(
      JournalFixture.page(
        [JournalFixture.account(1, subsidy: 8000, version: 2, includes: first.position)], from: 1,
        to: 2))
    fixture.advance(seconds: 7200)
    let refused = try await journal.authorise(JournalFixture.request(1, price: .keyed(Fen(6001))))
    #expect(refused.declineReason == .insufficientBalance)
    #expect(refused.diner?.available.subsidy == Fen(6000))
    try journal.close()
  }

  @Test("a page that does not start at the cursor is refused whole")
  func feedOrder() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 100)])
    let page = JournalFixture.page(
      [JournalFixture.account(1, subsidy: 99_999, version: 9)], from: 0, to: 9)
    await #expect(throws: JournalError.feedOutOfOrder(expected: 1, found: 0)) {
      try await journal.apply(page)
    }
    #expect(journal.feedCursor.version == 1)
    try journal.close()
  }

  @Test("a page that says nothing new is not written, and one with another place is")
  func nothingNew() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 5000)])
    let before = try await journal.read { $0.totalChangesCount }
    for place in [
      nil, JournalFixture.place, TerminalPlace(canteen: CanteenID(6), isOnlyTerminal: false),
    ] {
      try await journal.apply(
        FeedPage(
          terminal: TerminalID(3), fromCursor: 1, toCursor: 1, hasMore: false, accounts: [],
          rulebook: nil, place: place, timeMilliseconds: JournalFixture.noon))
      let isNew = place?.canteen == CanteenID(6)
      #expect(try await (journal.read { $0.totalChangesCount } > before) == isNew)
      #expect(journal.state.withLock { $0.place?.canteen } == CanteenID(isNew ? 6 : 5))
    }
    try journal.close()
  }

  @Test("whatever a page brings is taken, also when it moves nothing else")
  func somethingNew() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([])
    func page(
      to cursor: Int64 = 1, accounts: [AccountSnapshot] = [], items: [CatalogueRow] = [],
      rulebook: Rulebook? = nil
    ) -> FeedPage {
      FeedPage(
        terminal: TerminalID(3), fromCursor: 1, toCursor: cursor, hasMore: false,
        accounts: accounts, items: items, rulebook: rulebook, place: nil,
        timeMilliseconds: JournalFixture.noon)
    }
    func rows(_ table: String) async throws -> Int? {
      try await journal.read { db in
        try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table.quotedDatabaseIdentifier)")
      }
    }
    try await journal.apply(page(accounts: [JournalFixture.account(1)]))
    #expect(try await rows("account") == 1)
    let soap = Item(
      code: ItemCode(5001), name: "香皂", category: ItemCategory(2), price: Fen(500), ceiling: nil)
    try await journal.apply(page(items: [CatalogueRow(item: soap, version: 2)]))
    #expect(try await rows("item") == 1)
    try await journal.apply(page(rulebook: JournalFixture.rulebook(version: 2)))
    #expect(journal.feedCursor.rulebookVersion == 2)
    try await journal.apply(page(to: 3))
    #expect(journal.feedCursor.version == 3)
    await #expect(throws: JournalError.feedOutOfOrder(expected: 3, found: 1)) {
      try await journal.apply(page(to: 3))
    }
    try journal.close()
  }

  static func ack(_ facts: BatchFacts, head: Digest32) -> AckFacts {
    AckFacts(
      terminal: facts.terminal, position: JournalPosition(epoch: facts.epoch, sequence: facts.last),
      head: head, nonce: .random(), challenge: facts.challenge,
      timeMilliseconds: JournalFixture.noon, nextSize: 500, nextEpoch: Epoch(2),
      epochToken: .random())
  }
}
