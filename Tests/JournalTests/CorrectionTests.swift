import CanteenModel
import GRDB
import TerminalCore
import Testing

@testable import Journal

@Suite struct CorrectionTests {
  private static let clerk = OperatorIdentity(userID: 1000, name: "liu")
  private static let keyed = JournalFixture.request(1, price: .keyed(Fen(800)))

  private static func request(
    _ kind: CorrectionKind, _ original: JournalPosition, _ amount: Int64? = nil
  ) -> CorrectionRequest {
    CorrectionRequest(
      kind: kind, original: original, amount: amount.map { Fen($0) }, by: clerk, note: "")
  }

  @Test("a voided sale gives money, meal and cap back, and its diner may pay again at once")
  func void() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 1500)])
    let sale = try await journal.authorise(JournalFixture.request(1))
    #expect(sale.diner?.available.subsidy == .zero)
    let outcome = try await journal.correct(Self.request(.void, sale.position))
    guard case .corrected(let record, let position) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(record.total == Fen(1500))
    #expect(position == (try await journal.standing().position))
    // Within the repeat guard: the voided sale must not stand for this tap.
    let again = try await journal.authorise(JournalFixture.request(1))
    #expect(again.isApproved)
    #expect(again.diner?.salesThisMeal == 1)
    #expect(try await journal.standing().today.corrected == 1)
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test("a sale is voided once; what is asked again is refused and nothing is written")
  func once() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let sale = try await journal.authorise(Self.keyed)
    _ = try await journal.correct(Self.request(.void, sale.position))
    let before = try await journal.standing().position
    #expect(
      try await journal.correct(Self.request(.void, sale.position)) == .refused(.nothingLeft))
    #expect(
      try await journal.correct(Self.request(.refund, sale.position, 1)) == .refused(.nothingLeft))
    #expect(try await journal.standing().position == before)
    try journal.close()
  }

  @Test("what is no sale is not corrected: a decline, a correction, the epoch, and nothing at all")
  func notASale() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let decline = try await journal.authorise(JournalFixture.request(99))
    let sale = try await journal.authorise(Self.keyed)
    _ = try await journal.correct(Self.request(.refund, sale.position, 100))
    let correction = try await journal.standing().position
    let epoch = JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(1))
    for place in [decline.position, correction, epoch] {
      #expect(try await journal.correct(Self.request(.refund, place)) == .refused(.notASale))
    }
    for sequence in [UInt64(0), 99] {
      let place = JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(sequence))
      #expect(try await journal.correct(Self.request(.void, place)) == .refused(.noSuchRecord))
    }
    try journal.close()
  }

  @Test("parts are refunded until nothing is left, over restarts too")
  func parts() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 500, personal: 900)]
    )
    let sale = try await journal.authorise(Self.keyed)
    _ = try await journal.correct(Self.request(.refund, sale.position, 350))
    try journal.close()
    journal = try fixture.open()
    #expect(
      try await journal.correct(Self.request(.refund, sale.position, 451))
        == .refused(.moreThanLeft(Fen(450))))
    guard
      case .corrected(let record, _) = try await journal.correct(
        Self.request(.refund, sale.position))
    else {
      Issue.record("the rest was not refunded")
      return
    }
    #expect(record.returned == PurseAmounts(subsidy: Fen(450), personal: .zero))
    let next = try await journal.authorise(JournalFixture.request(1, price: .keyed(Fen(1400))))
    #expect(next.isApproved)
    #expect(next.diner?.available == .zero)
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test("a sale that was voided before a crash is not shown again after it")
  func unlit() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let sale = try await journal.authorise(Self.keyed)
    _ = try await journal.correct(Self.request(.void, sale.position))
    try fixture.crash(journal)
    journal = try fixture.open()
    #expect(try await journal.authorise(Self.keyed).isApproved)
    try journal.close()
  }

  @Test("a closed day counts what was done since the one before, and its sales are voided no more")
  func closeDay() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([
      JournalFixture.account(1, subsidy: 1000, personal: 9000)
    ])
    let first = try await journal.authorise(Self.keyed)
    let second = try await journal.authorise(Self.keyed)
    _ = try await journal.authorise(JournalFixture.request(99))
    _ = try await journal.correct(Self.request(.refund, second.position, 100))
    let (closed, position) = try await journal.closeDay(by: Self.clerk)
    #expect(
      closed.totals
        == DayTotals(
          sales: 2, sold: PurseAmounts(subsidy: Fen(1000), personal: Fen(600)), corrections: 1,
          returned: PurseAmounts(subsidy: .zero, personal: Fen(100)), declines: 1))
    #expect(try closed.totals.net == Fen(1500))
    #expect(closed.behind.sequence == .none)
    #expect(closed.unsettled == position.sequence.number - 1)
    #expect(
      try await journal.correct(Self.request(.void, first.position)) == .refused(.dayClosed))
    try journal.close()
    journal = try fixture.open()
    #expect(
      try await journal.correct(Self.request(.void, first.position)) == .refused(.dayClosed))
    fixture.advance(seconds: 70)
    _ = try await journal.correct(Self.request(.refund, first.position))
    let (next, _) = try await journal.closeDay(by: Self.clerk)
    #expect(next.behind == position)
    #expect(next.totals.sales == 0)
    #expect(next.totals.corrections == 1)
    #expect(try next.totals.net == Fen(-800))
    let days = try await journal.closedDays(10)
    #expect(days.map(\.record.body) == [.dayClosed(next), .dayClosed(closed)])
    #expect(try await journal.closedDays(1).count == 1)
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test("closings at the same moment count every sale once")
  func closedTogether() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    _ = try await journal.authorise(Self.keyed)
    let days = try await withThrowingTaskGroup(of: DayClosed.self) { group in
      for _ in 0..<8 {
        group.addTask { try await journal.closeDay(by: Self.clerk).closed }
      }
      var days: [DayClosed] = []
      for try await day in group { days.append(day) }
      return days
    }
    #expect(days.reduce(0) { $0 + $1.totals.sales } == 1)
    #expect(Set(days.map(\.behind)).count == 8)
    try journal.close()
  }

  @Test("what the operator keyed hides no sale of the lane that nobody saw")
  func keyedBesideTheLane() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let sale = try await journal.authorise(Self.keyed)
    let voucher = try #require(VoucherNumber.credential("GW2026-0117"))
    _ = try await journal.authorise(
      SaleRequest(
        lane: LaneID(1), medium: .keyed, credential: voucher, price: .officialMeal(heads: 2)))
    try fixture.crash(journal)
    journal = try fixture.open()
    let again = try await journal.authorise(Self.keyed)
    #expect(again.isShownAgain)
    #expect(again.position == sale.position)
    try journal.close()
  }

  @Test("a correction whose row is missing is found by verification")
  func missingRow() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let sale = try await journal.authorise(Self.keyed)
    _ = try await journal.correct(Self.request(.refund, sale.position, 100))
    try await journal.read { db in try db.execute(sql: "DELETE FROM correction") }
    #expect(
      try await journal.verify().findings == [
        "the rows of corrections are not those of the records"
      ])
    try journal.close()
  }
}
