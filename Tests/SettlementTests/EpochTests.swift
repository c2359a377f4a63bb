import CanteenModel
import SQLStore
import SettlementService
import SyncProtocol
import Testing

@testable import SettlementStore

@Suite(.everyStore, .namingStore, .timeLimit(.minutes(4))) struct EpochTests {
  /// A terminal that settled a sale in epoch 1, and the ack that it stored.
  static func settled(
    _ fixture: SettlementFixture
  ) async throws -> (books: Books, terminal: TestTerminal, ack: AckFacts) {
    var terminal = TestTerminal()
    try terminal.sell(1, subsidy: 100)
    let books = try await fixture.openFilled(terminal)
    let ack = try fixture.ack(try await books.take(batch: try terminal.batch(), from: terminal.id))
    terminal.nonce = ack.nonce
    return (books, terminal, ack)
  }

  @Test("the token of the last ack opens the next epoch, whose records are then taken as usual")
  func opens() async throws {
    let fixture = try SettlementFixture()
    let (books, terminal, ack) = try await Self.settled(fixture)
    var next = terminal.newLedger(epoch: ack.nextEpoch.number, token: ack.epochToken)
    next.nonce = ack.nonce
    for _ in 0..<3 {
      try next.sell(1, subsidy: 10)
      let receipt = try fixture.receipt(
        try await books.take(
          batch: try next.batch(after: next.records.count - 1), from: next.id))
      #expect((receipt.added, receipt.flags) == (1, []))
    }
    next.token = nil
    try next.sell(1, subsidy: 10)
    _ = try await books.take(batch: try next.batch(after: 3), from: next.id)
    #expect(try await books.report().totals.payableFen == 140)
    #expect(try await books.report().terminals.first?.epoch == 2)
    try books.close()
  }

  @Test("a lost ack's token opens nothing once a later ack was echoed, and a made-up one never")
  func wrongToken() async throws {
    let fixture = try SettlementFixture()
    var (books, terminal, ack) = try await Self.settled(fixture)
    for _ in 0..<2 {
      let answer = try await books.take(batch: try terminal.batch(after: 1), from: terminal.id)
      terminal.nonce = try fixture.ack(answer).nonce
    }
    for token in [nil, .random(), ack.epochToken] as [Digest32?] {
      var next = terminal.newLedger(epoch: 2, token: token)
      next.nonce = terminal.nonce
      try next.sell(1, subsidy: 10)
      let answer = try await books.take(batch: try next.batch(), from: next.id)
      #expect(answer == .unknownEpoch(newest: Epoch(1)))
    }
    let report = try await books.report()
    #expect(report.totals.payableFen == 100)
    #expect(report.terminals.first?.flags.map(\.kind) == [.unknownEpoch])
    let evidence = try await books.read { db in
      try db.rows("SELECT batch FROM evidence WHERE kind = 'unknownEpoch'").count
    }
    #expect(evidence == 1, "the same records, three times")
    try books.close()
  }

  @Test("a token opens the epoch that it was offered for and no other, and only once")
  func once() async throws {
    let fixture = try SettlementFixture()
    let (books, terminal, ack) = try await Self.settled(fixture)
    var second = terminal.newLedger(epoch: 2, token: ack.epochToken)
    second.nonce = ack.nonce
    try second.sell(1, subsidy: 10)
    _ = try await books.take(batch: try second.batch(), from: second.id)
    var third = terminal.newLedger(epoch: 3, token: ack.epochToken)
    third.nonce = ack.nonce
    try third.sell(1, subsidy: 10)
    #expect(
      try await books.take(batch: try third.batch(), from: third.id)
        == .unknownEpoch(newest: Epoch(2)))
    var clone = terminal.newLedger(epoch: 2, token: ack.epochToken)
    clone.nonce = ack.nonce
    try clone.sell(1, subsidy: 20)
    let receipt = try fixture.receipt(
      try await books.take(batch: try clone.batch(), from: clone.id))
    #expect(receipt.flags == [.fork], "the epoch is open, and the clone's first record differs")
    #expect(try await books.report().totals.payableFen == 130)
    try books.close()
  }

  @Test("an epoch that the operator granted is opened once by its token, and no copy is suspected")
  func granted() async throws {
    let fixture = try SettlementFixture()
    let (books, terminal, _) = try await Self.settled(fixture)
    let replaced = try await books.grantEpoch(to: terminal.id)
    let grant = try await books.grantEpoch(to: terminal.id)
    #expect((grant.epoch, grant.lastEpoch, grant.lastSequence) == (2, 1, 1))
    for (text, isGood) in [(replaced.token, false), (grant.token, true)] {
      let token = Digest32(try #require(Hexadecimal.bytes(text)))
      var fresh = terminal.newLedger(epoch: 2, token: token)
      try fresh.sell(1, subsidy: 10)
      // The first ack is lost on the way: the ledger comes again, still without a nonce.
      for _ in 0..<2 {
        let answer = try await books.take(batch: try fresh.batch(), from: fresh.id)
        guard isGood else {
          #expect(answer == .unknownEpoch(newest: Epoch(1)))
          continue
        }
        #expect(try fixture.receipt(answer).flags == [])
        #expect(try fixture.ack(answer).head == fresh.heads.last)
      }
    }
    // The old disk comes back to life: its nonce is from before the grant.
    let answer = try await books.take(batch: try terminal.batch(after: 1), from: terminal.id)
    #expect(try fixture.receipt(answer).flags == [.staleCopy])
    #expect(try await books.grantEpoch(to: terminal.id).epoch == 3)
    #expect(try await books.report().totals.payableFen == 110)
    try books.close()
  }

  @Test(
    "books from before an epoch was opened take it when the operator says so, and post its records")
  func acceptEpoch() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    try terminal.sell(1, subsidy: 100)
    let books = try await fixture.openFilled(terminal)
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    await #expect(throws: StoreError.self) { try await books.acceptEpoch(of: terminal.id) }
    var next = terminal.newLedger(epoch: 2, token: .random())
    try next.sell(1, subsidy: 30)
    guard case .unknownEpoch = try await books.take(batch: try next.batch(), from: terminal.id)
    else {
      Issue.record("an epoch that nobody opened was taken")
      return
    }
    let grant = try await books.acceptEpoch(of: terminal.id)
    #expect((grant.epoch, grant.lastEpoch, grant.lastSequence) == (2, 1, 1))
    _ = try fixture.ack(try await books.take(batch: try next.batch(), from: terminal.id))
    #expect(try await books.report().totals.payableFen == 130)
    #expect(try await books.check().isGood)
    // An epoch further on is none that could have been opened behind these books.
    var far = terminal.newLedger(epoch: 9, token: .random())
    try far.sell(1, subsidy: 1)
    _ = try await books.take(batch: try far.batch(), from: terminal.id)
    await #expect(throws: StoreError.self) { try await books.acceptEpoch(of: terminal.id) }
    try books.close()
  }

  @Test("a terminal that never settled, or that nobody added, is granted nothing and told why")
  func refused() async throws {
    try await CentreFixture.run { centre in
      try await centre.control.add(SettlementFixture.entry(TestTerminal()))
      await #expect {
        try await centre.control.grantEpoch(to: TerminalID(3))
      } throws: { "\($0)".contains("opens by itself") }
      await #expect {
        try await centre.control.grantEpoch(to: TerminalID(9))
      } throws: { "\($0)".contains("terminal 9 is not known") }
    }
  }
}
