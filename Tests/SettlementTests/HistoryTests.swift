import CanteenModel
import SettlementCore
import Testing

@testable import SettlementStore

@Suite(.everyStore, .namingStore) struct HistoryTests {
  private static let account = AccountID(1)

  private static func history(
    _ year: StatementYear, until day: String, knownOn known: String
  ) async throws -> AccountHistory {
    try await year.books.history(
      of: account, until: StatementYear.day(day), knownOn: StatementYear.day(known))
  }

  @Test("what was in a purse on a past day is what had happened by then, as the books knew it then")
  func twoTimes() async throws {
    let year = try await StatementYear()
    let first = try year.sell(2_000, personal: 130, on: "2026-10-10", at: 4)
    year.pass(to: "2026-10-11")
    try await year.handIn(4)
    try year.sell(500, on: "2026-10-12", at: 3)
    try year.giveBack(1_000, of: first, on: "2026-10-20", at: 4)
    year.pass(to: "2026-10-20")
    try await year.handIn(4)
    year.pass(to: "2026-11-20")
    try await year.handIn(3)
    let cases = [
      ("2026-10-09", "2026-11-30", 20_000), ("2026-10-10", "2026-10-10", 20_000),
      ("2026-10-15", "2026-10-15", 18_000), ("2026-10-15", "2026-11-20", 17_500),
      ("2026-10-31", "2026-10-31", 19_000), ("2026-10-31", "2026-11-30", 18_500),
    ]
    for (day, known, subsidy) in cases {
      let history = try await Self.history(year, until: day, knownOn: known)
      #expect(history.subsidyFen == subsidy, "until \(day), known on \(known)")
    }
    let whole = try await Self.history(year, until: "2026-12-31", knownOn: "2026-12-31")
    #expect(whole.movements.map(\.kind) == ["opening", "sale", "sale", "correction"])
    #expect(whole.movements.map(\.subsidyFen) == [20_000, -2_000, -500, 1_000])
    #expect(whole.movements.map(\.personalFen) == [5_000, -130, 0, 0])
    #expect(whole.movements.map(\.terminal) == [nil, 4, 3, 4])
    #expect(whole.movements.map(\.record) == [nil, "1/1", "1/1", "1/2"])
    #expect(whole.movements[2].bookedMilliseconds == StatementYear.time("2026-11-20"))
    try year.books.close()
  }

  @Test("a fork's sale and what people booked stand in it, and it ends with what the purse holds")
  func everything() async throws {
    let year = try await StatementYear()
    var twin = try year.copy(of: 5)
    try year.sell(1_100, on: "2026-10-12", at: 5)
    try await year.handIn(5)
    try twin.sell(1, subsidy: 300)
    _ = try await year.books.take(batch: try twin.batch(), from: twin.id)
    try await year.books.write { db in
      try year.books.book(
        [
          OfficeEntry(
            name: "allocation:test", kind: .allocation, day: StatementYear.day("2026-10-13"),
            proposer: "zhao", approver: "qian", note: "第四季度",
            legs: [
              Leg(.purse(Self.account, .subsidy, TrancheID(7)), Fen(9_000)),
              Leg(.funded(TrancheID(7)), Fen(-9_000)),
            ])
        ], db)
    }
    let history = try await Self.history(year, until: "2030-01-01", knownOn: "2030-01-01")
    #expect(
      history.movements.map(\.kind).sorted() == ["allocation", "opening", "sale", "sale"])
    #expect(history.movements.first { $0.kind == "allocation" }?.note == "第四季度")
    let row = try await year.books.rows(for: TerminalID(4)).first { $0.account == Self.account }
    #expect(row?.balance.subsidy == Fen(history.subsidyFen))
    #expect(history.subsidyFen == 27_600)
    try year.books.close()
  }

  @Test("an account that is not here has no history")
  func unknown() async throws {
    let year = try await StatementYear()
    await #expect(throws: StoreError.refused(["there is no account 99"])) {
      try await year.books.history(of: AccountID(99), until: 0, knownOn: 0)
    }
    try year.books.close()
  }
}
