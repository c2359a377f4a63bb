import CanteenModel
import SettlementCore
import SyncProtocol
import Testing

@testable import SettlementStore

@Suite struct CorrectionPostingTests {
  private static func correction(
    _ kind: CorrectionKind = .refund, of index: Int, at terminal: TestTerminal, account: Int64 = 1,
    subsidy: Int64 = 0, personal: Int64 = 0
  ) throws -> JournalRecord.Body {
    let back = PurseAmounts(subsidy: Fen(subsidy), personal: Fen(personal))
    return .correction(
      try CorrectionRecord(
        kind: kind,
        original: JournalPosition(
          epoch: terminal.epoch, sequence: SequenceNumber(UInt64(index) + 1)),
        originalID: terminal.heads[index], account: AccountID(account),
        returns: Purse.allCases.filter { back[$0] != .zero }.map {
          Spend(purse: $0, tranche: .none, amount: back[$0])
        }, slot: MealKey(day: 20_780, period: 0),
        uncounted: SaleCounts(
          meals: 0, guests: 0, amount: try back.total(), alone: 0, aloneAmount: .zero,
          marketAmount: .zero), by: OperatorIdentity(userID: 0, name: "root"), note: "错单"))
  }

  @Test("what went back is the diner's again and is owed to the canteen no more")
  func posted() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    try terminal.sell(1, subsidy: 1200, personal: 300)
    try terminal.append(try Self.correction(of: 0, at: terminal, subsidy: 200, personal: 300))
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    let report = try await books.report()
    #expect(report.terminals[0].sales == 1)
    #expect(report.terminals[0].corrections == 1)
    #expect(report.terminals[0].payableFen == 1000)
    #expect(report.totals.sumFen == 0)
    let row = try await books.rows(for: terminal.id).first { $0.account == AccountID(1) }
    #expect(row?.balance == PurseAmounts(subsidy: Fen(19_000), personal: Fen(5_000)))
    #expect(row?.includes?.sequence == SequenceNumber(2))
    #expect(try await books.check().isGood)
    try books.close()
  }

  @Test(
    "no more goes back than was sold, however often it is tried, and the rest is left to people")
  func tooMuch() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    try terminal.sell(1, subsidy: 1500)
    try terminal.append(try Self.correction(of: 0, at: terminal, subsidy: 1000))
    try terminal.append(try Self.correction(of: 0, at: terminal, subsidy: 501))
    try terminal.append(try Self.correction(of: 0, at: terminal, subsidy: 500))
    try terminal.append(try Self.correction(of: 0, at: terminal, subsidy: 1))
    try terminal.append(try Self.correction(of: 0, at: terminal, personal: 1))
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    let lines = try await books.records(of: terminal.id, limit: 10)
    #expect(
      lines.map(\.suspenseReason) == [
        nil, nil, "moreThanSold", nil, "moreThanSold", "moreThanSold",
      ])
    #expect(try await books.report().terminals[0].payableFen == 0)
    #expect(try await books.check().isGood)
    try books.close()
  }

  @Test(
    "a correction of what this terminal did not sell, or of another account's sale, books nothing")
  func unknownOriginal() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    var other = TestTerminal(4)
    let books = try await fixture.openFilled(terminal, other)
    try other.sell(1, subsidy: 1500)
    _ = try await books.take(batch: try other.batch(), from: other.id)
    try terminal.sell(2, subsidy: 700)
    try terminal.append(try Self.correction(of: 0, at: other, subsidy: 100))
    try terminal.append(try Self.correction(of: 0, at: terminal, account: 1, subsidy: 100))
    try terminal.append(.decline(TestTerminal.decline(2)))
    try terminal.append(try Self.correction(of: 3, at: terminal, account: 2, subsidy: 100))
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    let lines = try await books.records(of: terminal.id, limit: 10)
    #expect(lines.filter { $0.suspenseReason == "unknownOriginal" }.count == 3)
    #expect(try await books.report().terminals.map(\.payableFen) == [700, 1500])
    #expect(try await books.check().isGood)
    try books.close()
  }

  @Test("a correction of a sale in suspense is taken off there")
  func suspense() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    try terminal.sell(9, subsidy: 1500)
    try terminal.append(try Self.correction(of: 0, at: terminal, account: 9, subsidy: 400))
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    let report = try await books.report()
    #expect(report.terminals[0].payableFen == 1100)
    #expect(report.totals.suspenseFen == -1100)
    #expect(report.totals.sumFen == 0)
    #expect(try await books.check().isGood)
    try books.close()
  }

  @Test("a correction that names a tranche twice gives back no more than was sold")
  func namedTwice() throws {
    let sale = try TestTerminal.sale(1, subsidy: 1500)
    let original = CorrectedSale(sale: sale, standing: .posted, earlier: [])
    func posting(_ parts: [Int64]) throws -> Posting {
      let record = try CorrectionRecord(
        kind: .refund,
        original: JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(1)),
        originalID: .zero, account: AccountID(1),
        returns: parts.map { Spend(purse: .subsidy, tranche: .none, amount: Fen($0)) },
        slot: sale.slot,
        uncounted: SaleCounts(
          meals: 0, guests: 0, amount: .zero, alone: 0, aloneAmount: .zero, marketAmount: .zero),
        by: OperatorIdentity(userID: 0, name: "root"), note: "")
      return try Posting(
        of: TestTerminal.record(.correction(record)), terminal: TerminalID(3),
        isKnownAccount: true, original: original)
    }
    #expect(try posting([1000, 500]).standing == .posted)
    #expect(try posting([1000, 501]).standing == .suspense(.moreThanSold))
    #expect(try posting([1500, 1500]).legs.isEmpty)
  }

  @Test("nothing is taken off for a sale for which nothing was booked")
  func notBooked() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    try terminal.sell(1, subsidy: Posting.largestBookable.value + 1)
    try terminal.append(try Self.correction(of: 0, at: terminal, subsidy: 100))
    try terminal.sell(1, subsidy: Posting.largestSale.value + 1)
    try terminal.append(try Self.correction(of: 2, at: terminal, subsidy: 100))
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    let lines = try await books.records(of: terminal.id, limit: 10)
    #expect(
      lines.map(\.suspenseReason) == [
        "absurdAmount", "moreThanSold", "absurdAmount", "originalInSuspense",
      ])
    let report = try await books.report()
    #expect(report.terminals[0].payableFen == Posting.largestSale.value + 1 - 100)
    #expect(report.totals.sumFen == 0)
    try books.close()
  }

  @Test("the same correction handed in twice counts once")
  func twice() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    try terminal.sell(1, subsidy: 1500)
    try terminal.append(try Self.correction(.void, of: 0, at: terminal, subsidy: 1500))
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    #expect(try await books.report().terminals[0].corrections == 1)
    #expect(try await books.report().terminals[0].payableFen == 0)
    try books.close()
  }

  @Test("a closed day moves no money")
  func dayClosed() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    let none = JournalPosition(epoch: Epoch(0), sequence: .none)
    try terminal.append(
      .dayClosed(
        DayClosed(
          behind: none, totals: DayTotals(), unsettled: 0,
          by: OperatorIdentity(userID: 0, name: "root"))))
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    #expect(try await books.records(of: terminal.id, limit: 1)[0].standing == "nothing to post")
    #expect(try await books.check().isGood)
    try books.close()
  }
}
