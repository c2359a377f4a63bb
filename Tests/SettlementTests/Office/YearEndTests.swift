import CanteenModel
import SettlementCore
import Testing

@testable import SettlementStore

@Suite(.everyStore, .namingStore) struct YearEndTests {
  private static func policy(to destination: String?, graceDays: Int = 10) -> [UInt8] {
    let residual = destination.map { "\"residualTo\": \"\($0)\", " } ?? ""
    return Array(
      """
      {"version": 1, "legalBasis": "株机管发〔2026〕3号", "effectiveFrom": "2026-01-01",
       "yearEnd": {\(residual)"graceDays": \(graceDays)}}
      """.utf8)
  }

  private static let may: Int32 = Programme.quarter("2027Q1").firstDay + 10

  /// Unit 7 paid ¥1,000; its people got ¥600 and ¥300 and topped up ¥88 of their own.
  private static func given(
    _ fixture: SettlementFixture, _ terminal: TestTerminal, policy: [UInt8]
  ) async throws -> (books: Books, tranche: TrancheID) {
    let books = try await fixture.openProgramme(terminal, policy: policy)
    let roster = try await books.propose()
    try await books.unitPays()
    _ = try await books.bank(.income, "B1,2026-11-02,88.00,6222-0001,充值")
    _ = try await books.approveRoster(roster.number, by: "li")
    _ = try await books.allocate(roster.number, on: Programme.today, by: "zhang")
    return (books, roster.tranche)
  }

  private static func sale(_ account: Int64, _ fen: Int64, of tranche: TrancheID) throws
    -> SaleRecord
  {
    try SaleRecord(
      account: AccountID(account), lane: LaneID(1), medium: .card, mode: .keyedAmount,
      slot: MealKey(day: Programme.today, period: 0),
      spends: [Spend(purse: .subsidy, tranche: tranche, amount: Fen(fen))], place: .alone,
      rulebookVersion: 1)
  }

  @Test("nobody decided, nothing is closed (C1); before the days of grace are over neither (C14)")
  func undecided() async throws {
    let fixture = try SettlementFixture()
    let (books, _) = try await Self.given(fixture, TestTerminal(), policy: Self.policy(to: nil))
    let error = await #expect(throws: StoreError.self) {
      _ = try await books.closeYear(2026, on: Self.may, by: Programme.people())
    }
    #expect(
      error?.description.contains("nobody has decided where the subsidy of 2026 goes") == true)
    try books.close()
    let second = try SettlementFixture()
    let (others, _) = try await Self.given(second, TestTerminal(), policy: Self.policy(to: "unit"))
    let early = await #expect(throws: StoreError.self) {
      _ = try await others.closeYear(2026, on: Self.may - 1, by: Programme.people())
    }
    #expect(early?.description.contains("2026 may be closed from 2027-01-11 on") == true)
    try others.close()
  }

  @Test(
    "what is left goes where the policy says, each fen of each tranche; own money stays (S13, S14, C1, C2)",
    arguments: [
      ("unit", "returned:7"), ("treasury", "treasury"), ("treasuryClaimable", "claimable:7"),
    ])
  func destinations(name: String, key: String) async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    let (books, tranche) = try await Self.given(fixture, terminal, policy: Self.policy(to: name))
    try terminal.append(.sale(Self.sale(1, 12_345, of: tranche)))
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    let preview = try await books.previewYearEnd(2026)
    #expect(preview.variants.count == 3)
    #expect(preview.variants.allSatisfy { $0.accounts.values.reduce(0, +) == 87_655 })
    let report = try await books.closeYear(2026, on: Self.may, by: Programme.people())
    #expect(report.units == preview.units)
    let line = try #require(report.units.first?.tranches.first)
    #expect(line.receivedFen == 100_000 && line.givenFen == 90_000 && line.spentFen == 12_345)
    #expect(line.takenFen == 77_655 && line.ungivenFen == 10_000 && line.debtFen == 0)
    let destination = try #require(LedgerAccount(key: key))
    #expect(try await books.balance(of: destination) == Fen(87_655))
    #expect(try await books.balance(of: .funded(tranche)) == .zero)
    let first = try #require(
      try await books.rows(for: terminal.id).first { $0.account == AccountID(1) })
    #expect(first.balance == PurseAmounts(personal: Fen(8_800)))
    #expect(try await books.check().isGood)
    #expect(try await books.report().totals.sumFen == 0)
    let refused = await #expect(throws: StoreError.self) {
      _ = try await books.propose("1,王小明,,1.00")
    }
    #expect(refused?.description.contains("2026 is closed") == true)
    try books.close()
  }

  @Test("a December sale that comes in January is paid from what was taken, and only that (C14)")
  func late() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    let (books, tranche) = try await Self.given(fixture, terminal, policy: Self.policy(to: "unit"))
    _ = try await books.closeYear(2026, on: Self.may, by: Programme.people())
    #expect(try await books.balance(of: .returned(UnitID(7))) == Fen(100_000))
    try terminal.append(.sale(Self.sale(1, 1_500, of: tranche)))
    try terminal.append(.sale(Self.sale(2, 30_100, of: tranche)))
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    let report = try await books.closeYear(2026, on: Self.may + 5, by: Programme.people())
    #expect(report.run == 2)
    let line = try #require(report.units.first?.tranches.first)
    #expect(line.takenFen == -31_500, "of the second person no more than was taken")
    #expect(line.debtFen == -100 && line.spentFen == 31_600)
    #expect(try await books.balance(of: .returned(UnitID(7))) == Fen(68_500))
    let empty = try await books.closeYear(2026, on: Self.may + 5, by: Programme.people())
    #expect(empty.units.allSatisfy { $0.fen == 0 }, "a run with nothing to do changes nothing")
    #expect(try await books.check().isGood)
    try books.close()
  }

  #if SEEDED_BUGS
    @Test("a late sale that becomes the diner's debt is found")
    func planted() throws {
      func amount() throws -> Fen { try YearEndRule.amount(left: Fen(-500), taken: Fen(800)) }
      #expect(try amount() == Fen(-500))
      let bad = try SeededOfficeBug.$planted.withValue(.lateSaleIsADebt) { try amount() }
      #expect(bad != Fen(-500))
    }
  #endif
}
