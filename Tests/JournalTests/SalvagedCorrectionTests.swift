import CanteenModel
import Synchronization
import TerminalCore
import Testing

@testable import Journal

/// Corrections and closed days in a damaged ledger. Records 2 and 3 are sales that the centre
/// acknowledged, 4 and 5 sales that it did not.
@Suite struct SalvagedCorrectionTests {
  private static let clerk = OperatorIdentity(userID: 1000, name: "liu")

  @Test("corrections and the day's close are kept with what they mean")
  func correctionsAndClose() async throws {
    let fixture = try await SalvageTests.ledger()
    var journal = try fixture.open()
    _ = try await journal.correct(
      CorrectionRequest(
        kind: .refund, original: DamagedLedgerTests.place(4), amount: Fen(500), by: Self.clerk,
        note: ""))
    let day = try await journal.closeDay(by: Self.clerk)
    try journal.close()
    try SalvageTests.tamper(fixture, DamagedLedgerTests.wrongHead)
    let salvaged = try Journal.openOrSalvage(fixture.configuration())
    journal = salvaged.journal
    #expect(salvaged.salvage?.kept == 4)
    #expect(salvaged.salvage?.missing == 0)
    #expect(try await journal.verify().findings.isEmpty)
    #expect(journal.state.withLock { $0.closedUpTo } == day.position)
    let void = CorrectionRequest(
      kind: .void, original: DamagedLedgerTests.place(5), amount: nil, by: Self.clerk, note: "")
    #expect(try await journal.correct(void) == .refused(.dayClosed))
    fixture.advance(seconds: 90)
    let shown = try await journal.authorise(JournalFixture.request(1, mayCharge: false))
    #expect(shown.diner?.available.subsidy == Fen(9000 - 3000 + 500))
    try journal.close()
  }

  @Test("a correction is kept whose sale is gone, and counts against no meal that is not here")
  func correctionWithoutSale() async throws {
    let fixture = try await SalvageTests.ledger()
    var journal = try fixture.open()
    _ = try await journal.correct(
      CorrectionRequest(
        kind: .refund, original: DamagedLedgerTests.place(2), amount: nil, by: Self.clerk, note: "")
    )
    try journal.close()
    try SalvageTests.tamper(fixture, DamagedLedgerTests.wrongHead)
    try SalvageTests.tamper(fixture, "DELETE FROM record WHERE sequence = 2")
    let salvaged = try Journal.openOrSalvage(fixture.configuration())
    journal = salvaged.journal
    #expect(salvaged.salvage?.kept == 3)
    #expect(try await journal.verify().findings.isEmpty)
    let pruned = journal.state.withLock { $0.pruned }
    #expect(pruned.position == DamagedLedgerTests.place(3))
    // The meals of its day are not whole here: they are counted from the next day on.
    #expect(pruned.countedFromDay == 20_781)
    try journal.close()
  }

  @Test("a closed day whose record is gone is not closed any more")
  func closeIsGone() async throws {
    let fixture = try await SalvageTests.ledger()
    let journal = try fixture.open()
    let day = try await journal.closeDay(by: Self.clerk)
    try journal.close()
    try SalvageTests.tamper(fixture, "DELETE FROM record WHERE sequence = 6")
    let salvaged = try Journal.openOrSalvage(fixture.configuration())
    #expect(day.position == DamagedLedgerTests.place(6))
    #expect(salvaged.salvage?.missing == 1)
    #expect(salvaged.journal.state.withLock { $0.closedUpTo.sequence } == .none)
    try salvaged.journal.close()
  }

  @Test("a close before what is kept still holds")
  func closeBefore() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    _ = try await journal.authorise(JournalFixture.request(1))
    let day = try await journal.closeDay(by: Self.clerk)
    fixture.advance(seconds: 40 * 86_400)
    _ = try await journal.authorise(JournalFixture.request(1))
    try await DamagedLedgerTests.acknowledge(journal)
    try journal.close()
    try SalvageTests.tamper(fixture, DamagedLedgerTests.wrongHead)
    let salvaged = try Journal.openOrSalvage(fixture.configuration())
    // The sale of today, and what is before it as far as some limit may count it.
    #expect(salvaged.salvage?.kept == 0)
    let state = salvaged.journal.state.withLock { $0 }
    #expect(state.closedUpTo == day.position)
    #expect(state.pruned.position == day.position)
    #expect(try await salvaged.journal.verify().findings.isEmpty)
    #expect(try await salvaged.journal.verify().records == 2)
    try salvaged.journal.close()
  }
}
