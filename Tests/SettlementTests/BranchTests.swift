import CanteenModel
import SQLStore
import SeededRandom
import SyncProtocol
import Testing

@testable import SettlementStore

/// Ledgers that share a beginning and a number: a clone, or a disk image that was restored.
@Suite(.everyStore, .namingStore) struct BranchTests {
  /// A ledger that hands in what was not acknowledged, as a terminal does.
  struct Sender {
    var terminal: TestTerminal
    var acknowledged = 0

    mutating func sell(_ count: Int, _ generator: inout SplitMix64) throws {
      for _ in 0..<count {
        try terminal.sell(
          Int64.random(in: 1...2, using: &generator),
          subsidy: Int64.random(in: 1...900, using: &generator))
      }
    }

    /// Hands in a batch, some of it again; half of the acks are lost.
    mutating func settle(
      _ books: Books, _ fixture: SettlementFixture, _ generator: inout SplitMix64
    ) async throws {
      let start = Int.random(in: max(0, acknowledged - 3)...acknowledged, using: &generator)
      let answer = try await books.take(
        batch: try terminal.batch(after: start, count: Int.random(in: 0...7, using: &generator)),
        from: terminal.id)
      let ack = try fixture.ack(answer)
      let named = Int(ack.position.sequence.number)
      #expect(ack.head == (named == 0 ? .zero : terminal.heads[named - 1]), "its own head")
      #expect(try fixture.receipt(answer).flags.contains(.gap) == false)
      guard Bool.random(using: &generator) else { return }
      terminal.nonce = ack.nonce
      acknowledged = max(acknowledged, named)
    }
  }

  @Test(
    "every record of every branch is posted exactly once, and each branch is told its own head",
    arguments: 1...10)
  func everyBranchFlows(seed: UInt64) async throws {
    var generator = SplitMix64(seed: seed)
    let fixture = try SettlementFixture()
    var senders = [Sender(terminal: TestTerminal())]
    try senders[0].sell(12, &generator)
    let books = try await fixture.openFilled(senders[0].terminal)
    var rounds = 0
    while rounds < 40 || senders.contains(where: { $0.acknowledged < $0.terminal.records.count }) {
      rounds += 1
      if rounds < 40, senders.count < 4, Int.random(in: 0..<12, using: &generator) == 0 {
        // An image is taken and starts to live; sometimes with records that were not handed in.
        senders.append(try #require(senders.randomElement(using: &generator)))
      }
      let index = Int.random(in: senders.indices, using: &generator)
      if rounds < 40 {
        try senders[index].sell(Int.random(in: 0...4, using: &generator), &generator)
      }
      try await senders[index].settle(books, fixture, &generator)
    }
    let made = Set(senders.flatMap { $0.terminal.heads.map(\.description) })
    let held = try await books.records(of: TerminalID(3), limit: 10_000)
    #expect(Set(held.map(\.id)) == made)
    #expect(held.count == made.count)
    let posted: Int? = try await books.read { db in
      try db.value("SELECT COUNT(DISTINCT entry) FROM leg WHERE length(entry) = 32")
    }
    #expect(posted == made.count)
    #expect(try await books.check().isGood)
    try books.close()
  }

  @Test("a restored image's tail of 1,200 records is posted whole, also behind the accepted end")
  func longTail() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    for _ in 0..<40 { try terminal.sell(1, subsidy: 1) }
    var image = terminal
    for _ in 0..<60 { try terminal.sell(1, subsidy: 1) }
    for _ in 0..<1200 { try image.sell(1, personal: 1) }
    let books = try await fixture.openFilled(terminal)
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    var acknowledged = 40
    while acknowledged < image.records.count {
      let answer = try await books.take(
        batch: try image.batch(after: acknowledged, count: 500), from: image.id)
      let ack = try fixture.ack(answer)
      #expect(try fixture.receipt(answer).flags.contains(.gap) == false)
      #expect(ack.head == image.heads[Int(ack.position.sequence.number) - 1])
      #expect(Int(ack.position.sequence.number) > acknowledged)
      acknowledged = Int(ack.position.sequence.number)
      image.nonce = ack.nonce
    }
    let line = try #require(try await books.report().terminals.first)
    #expect((line.records, line.forkRecords, line.payableFen) == (1300, 1200, 1300))
    try books.close()
  }

  @Test("behind a gap in forked books the ack names the place up to which all branches agree")
  func gapInForkedBooks() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    for _ in 0..<4 { try terminal.sell(1, subsidy: 1) }
    var image = terminal
    try terminal.sell(1, subsidy: 2)
    for _ in 0..<4 { try image.sell(1, subsidy: 4) }
    let books = try await fixture.openFilled(terminal)
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    _ = try await books.take(batch: try image.batch(after: 4, count: 1), from: image.id)
    // The books were restored: they lack the image's records 6 and 7, which it no longer sends.
    let answer = try await books.take(batch: try image.batch(after: 7), from: image.id)
    let ack = try fixture.ack(answer)
    #expect((ack.position.sequence.number, ack.head) == (4, image.heads[3]))
    _ = try await books.take(batch: try image.batch(after: 4), from: image.id)
    #expect(try await books.report().totals.payableFen == 4 + 2 + 16)
    try books.close()
  }
}
