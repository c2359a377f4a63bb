import CanteenModel
import SQLStore
import SyncProtocol
import Testing

@testable import SettlementStore

@Suite(.everyStore, .namingStore) struct IntakeTests {
  @Test("a batch is recorded, posted and acknowledged up to its last record")
  func accepted() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    try terminal.append(.epochOpened(EpochOpened(previous: nil, previousHead: .zero)))
    try terminal.sell(1, subsidy: 1500)
    try terminal.append(.decline(TestTerminal.decline(2, count: 3)))
    let books = try await fixture.openFilled(terminal)
    let challenge = Digest32.random()
    let answer = try await books.take(
      batch: try terminal.batch(challenge: challenge), from: terminal.id)
    let ack = try fixture.ack(answer)
    #expect(ack.position.sequence == SequenceNumber(3))
    #expect(ack.head == terminal.heads.last)
    #expect(ack.challenge == challenge)
    #expect(ack.nextEpoch == Epoch(2))
    let report = try await books.report()
    let line = try #require(report.terminals.first)
    #expect(line.records == 3)
    #expect((line.sales, line.subsidyFen, line.personalFen) == (1, 1500, 0))
    #expect((line.payableFen, line.declines, line.suspenseRecords) == (1500, 3, 0))
    #expect(try await books.check().isGood)
    try books.close()
  }

  @Test("a repeated batch gets the stored ack byte for byte, and nothing is posted twice")
  func replay() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    try terminal.sell(1, subsidy: 1500)
    let books = try await fixture.openFilled(terminal)
    let batch = try terminal.batch()
    let first = try fixture.receipt(try await books.take(batch: batch, from: terminal.id))
    let second = try fixture.receipt(try await books.take(batch: batch, from: terminal.id))
    #expect(first.ack == second.ack)
    #expect((first.added, second.added) == (1, 0))
    #expect(try await books.report().totals.payableFen == 1500)
    try books.close()
  }

  @Test("the same records with another challenge get a new ack, and nothing is posted twice")
  func newChallenge() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    try terminal.sell(1, subsidy: 1500)
    let books = try await fixture.openFilled(terminal)
    let first = try fixture.receipt(
      try await books.take(batch: try terminal.batch(), from: terminal.id))
    let second = try fixture.receipt(
      try await books.take(batch: try terminal.batch(), from: terminal.id))
    #expect(first.ack != second.ack)
    #expect(second.added == 0)
    #expect(second.flags.isEmpty)
    #expect(try await books.report().totals.payableFen == 1500)
    try books.close()
  }

  @Test("a batch behind a gap is not taken, and its ack names what is held")
  func gap() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    for _ in 0..<4 { try terminal.sell(1, subsidy: 100) }
    let books = try await fixture.openFilled(terminal)
    _ = try await books.take(batch: try terminal.batch(count: 1), from: terminal.id)
    for batch in [try terminal.batch(after: 2), try terminal.batch(after: 4)] {
      let answer = try await books.take(batch: batch, from: terminal.id)
      let ack = try fixture.ack(answer)
      #expect(ack.position.sequence == SequenceNumber(1))
      #expect(ack.head == terminal.heads[0])
      #expect(try fixture.receipt(answer).added == 0)
      #expect(try fixture.receipt(answer).flags == [.gap])
      terminal.nonce = ack.nonce
    }
    #expect(try await books.report().totals.payableFen == 100)
    let receipt = try fixture.receipt(
      try await books.take(batch: try terminal.batch(after: 1), from: terminal.id))
    #expect(receipt.flags.isEmpty, "the gap's ack is one that can be echoed")
    #expect(try await books.report().totals.payableFen == 400)
    try books.close()
  }

  @Test("in an epoch where nothing is held, the ack of a gap names the beginning")
  func gapAtTheBeginning() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    for _ in 0..<4 { try terminal.sell(1, subsidy: 100) }
    terminal.nonce = .random()
    let books = try await fixture.openFilled(terminal)
    let answer = try await books.take(batch: try terminal.batch(after: 2), from: terminal.id)
    let ack = try fixture.ack(answer)
    #expect((ack.position.sequence, ack.head) == (.none, .zero))
    #expect(
      try fixture.receipt(answer).flags == [.gap],
      "an ack that the centre forgot makes nobody a copy")
    try books.close()
  }

  @Test("a fork's records are posted once each, flagged, and kept apart from the accepted branch")
  func fork() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    try terminal.sell(1, subsidy: 100)
    var copy = terminal
    try terminal.sell(1, subsidy: 200)
    try copy.sell(2, subsidy: 400)
    try copy.sell(2, subsidy: 50)
    let books = try await fixture.openFilled(terminal)
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    for _ in 0..<2 {
      let answer = try await books.take(batch: try copy.batch(after: 1), from: copy.id)
      #expect(try fixture.receipt(answer).flags == [.fork])
      #expect(try fixture.ack(answer).head == copy.heads.last)
    }
    let report = try await books.report()
    let line = try #require(report.terminals.first)
    #expect((line.records, line.forkRecords, line.payableFen) == (4, 2, 750))
    #expect((line.flags.map(\.kind), line.flags.map(\.sequence)) == ([.fork], [2]))
    #expect(line.lastSequence == 2)
    #expect(try await books.check().isGood)
    // The copy spoke last, so the feed names its positions.
    let row = try #require(try await books.rows(for: terminal.id).first { $0.account.number == 2 })
    #expect(row.includes?.sequence == SequenceNumber(3))
    #expect(row.balance.subsidy == Fen(1200 - 450))
    try books.close()
  }

  @Test("an old nonce shows a copy, whose records are kept and settled all the same")
  func staleCopy() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    try terminal.sell(1, subsidy: 100)
    let books = try await fixture.openFilled(terminal)
    let first = try fixture.ack(
      try await books.take(batch: try terminal.batch(), from: terminal.id))
    terminal.nonce = first.nonce
    var copy = terminal
    let second = try fixture.ack(
      try await books.take(batch: try terminal.batch(after: 1), from: terminal.id))
    terminal.nonce = second.nonce
    _ = try await books.take(batch: try terminal.batch(after: 1), from: terminal.id)
    try copy.sell(1, subsidy: 30)
    let receipt = try fixture.receipt(
      try await books.take(batch: try copy.batch(after: 1), from: copy.id))
    #expect(receipt.flags == [.staleCopy])
    #expect(receipt.added == 1)
    let report = try await books.report()
    #expect(report.totals.payableFen == 130)
    #expect(report.terminals.first?.flags.map(\.kind) == [.staleCopy])
    try books.close()
  }

  @Test("a lost ack is no copy: the nonce before it is still good")
  func lostAck() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    try terminal.sell(1, subsidy: 100)
    let books = try await fixture.openFilled(terminal)
    let ack = try fixture.ack(
      try await books.take(batch: try terminal.batch(), from: terminal.id))
    terminal.nonce = ack.nonce
    for _ in 0..<5 {
      let receipt = try fixture.receipt(
        try await books.take(batch: try terminal.batch(after: 1), from: terminal.id))
      #expect(receipt.flags.isEmpty)
    }
    try books.close()
  }

  @Test("signs of life and repetitions leave nothing behind once a later ack was echoed")
  func signsOfLife() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    try terminal.sell(1, subsidy: 100)
    let books = try await fixture.openFilled(terminal)
    for index in 0..<20 {
      let answer = try await books.take(
        batch: try terminal.batch(after: index < 4 ? 0 : 1), from: terminal.id)
      terminal.nonce = try fixture.ack(answer).nonce
    }
    let kept = try await books.read { db in
      try db.value("SELECT COUNT(*) FROM intake") ?? 0
    }
    #expect(kept == 3, "the one with a record, the last echoed one and the last one")
    try books.close()
  }

  @Test("an epoch that the centre did not open is refused and flagged")
  func unknownEpoch() async throws {
    let fixture = try SettlementFixture()
    let terminal = TestTerminal(3, epoch: 2)
    let books = try await fixture.openFilled(terminal)
    let answer = try await books.take(batch: try terminal.batch(), from: terminal.id)
    #expect(answer == .unknownEpoch(newest: nil))
    let line = try #require(try await books.report().terminals.first)
    #expect(line.flags.map(\.kind) == [.unknownEpoch])
    try books.close()
  }

  @Test("what cannot be posted goes to suspense with its reason and stops nothing behind it")
  func suspense() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    terminal.append([0xFF, 0x01, 0x02])
    try terminal.sell(999, subsidy: 800)
    try terminal.sell(1, subsidy: 10_000_001)
    try terminal.sell(1)
    try terminal.sell(1, subsidy: 1500)
    let books = try await fixture.openFilled(terminal)
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    let records = try await books.records(of: terminal.id, limit: 10)
    #expect(
      records.map(\.suspenseReason) == [
        "unreadable", "unknownAccount", "absurdAmount", nil, nil,
      ])
    #expect(records.last?.standing == "posted")
    let report = try await books.report()
    #expect(report.totals.payableFen == 800 + 10_000_001 + 1500)
    #expect(report.totals.suspenseFen == -10_000_801)
    #expect(report.terminals.first?.suspenseFen == 10_000_801)
    #expect(try await books.check().isGood)
    try books.close()
  }

  @Test("a sale beyond the balance is posted: the diner has eaten and owes")
  func debt() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    try terminal.sell(2, subsidy: 1500)
    let books = try await fixture.openFilled(terminal)
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    let report = try await books.report()
    #expect(report.totals.accountsInDebt == 1)
    let row = try #require(try await books.rows(for: terminal.id).first { $0.account.number == 2 })
    #expect(row.balance.subsidy == Fen(-300))
    try books.close()
  }

  @Test("a stranger's batch, another terminal's batch and a forged one leave no trace")
  func notGenuine() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    try terminal.sell(1, subsidy: 100)
    let books = try await fixture.openFilled(terminal)
    let batch = try terminal.batch()
    await #expect(throws: StoreError.unknownTerminal(TerminalID(9))) {
      try await books.take(batch: batch, from: TerminalID(9))
    }
    let forger = TestTerminal()
    await #expect(throws: StoreError.notGenuine(.badSignature)) {
      try await books.take(batch: try forger.batch(), from: terminal.id)
    }
    var flipped = batch
    flipped[flipped.count - 3] ^= 1
    await #expect(throws: StoreError.self) {
      try await books.take(batch: flipped, from: terminal.id)
    }
    #expect(try await books.report().totals.records == 0)
    try books.close()
  }
}
