import CanteenModel
import GRDB
import SyncProtocol
import Synchronization
import TerminalCore
import Testing

@testable import Journal

/// Rows that say what cannot be, met while the terminal sells.
@Suite struct DamagedRowTests {
  private static func open() async throws -> (JournalFixture, Journal) {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([
      JournalFixture.account(1, subsidy: 9000), JournalFixture.account(2, subsidy: 9000),
    ])
    return (fixture, journal)
  }

  private static func tamper(_ journal: Journal, _ sql: String) throws {
    try journal.connection.inDatabase { db in try db.execute(sql: sql) }
  }

  private static func isRolledBack(_ error: any Error) -> Bool {
    if case JournalError.requestFailed = error { true } else { false }
  }

  @Test(
    "a request that meets a row that cannot be is rolled back alone, and the others are served",
    arguments: [
      "UPDATE account SET status = 77 WHERE account = 1",
      "UPDATE account SET status = 4 WHERE account = 1",
      "UPDATE tranche SET purse = 9 WHERE account = 1",
      "DELETE FROM record WHERE sequence = 2",
      "UPDATE sale SET sequence = 3 WHERE account = 1",
    ])
  func alone(sql: String) async throws {
    let (fixture, journal) = try await Self.open()
    _ = try await journal.authorise(JournalFixture.request(1))
    _ = try await journal.authorise(JournalFixture.request(99))
    try Self.tamper(journal, sql)
    fixture.advance(seconds: 10)
    let before = try await journal.standing().position
    await #expect(
      performing: { try await journal.authorise(JournalFixture.request(1)) },
      throws: Self.isRolledBack)
    #expect(try await journal.standing().position == before)
    #expect(!journal.isStopped)
    let other = try await journal.authorise(JournalFixture.request(2))
    #expect(other.isApproved)
    #expect(other.position.sequence == before.sequence.next)
    try journal.close()
  }

  @Test("a request that fails after the centre was asked gives the amount back, once")
  func afterAsking() async throws {
    let (_, journal) = try await Self.open()
    try await journal.apply(
      JournalFixture.page([], from: 1, to: 2, rulebook: Self.strict(version: 2)))
    let dear = JournalFixture.request(1, price: .keyed(Fen(6000)))
    guard case .asks(let asked) = try await journal.authoriseOrAsk(dear) else {
      Issue.record("not asked")
      return
    }
    try Self.tamper(journal, "UPDATE account SET status = 77 WHERE account = 1")
    await #expect(
      performing: { try await journal.authorise(dear, asked: asked, answer: nil) },
      throws: Self.isRolledBack)
    let entry = try #require(try await journal.newest(1).first)
    #expect(
      entry.record.body
        == .holdReleased(HoldReleased(hold: asked.id, account: AccountID(1))))
    #expect(entry.position.sequence == SequenceNumber(2))
    #expect(journal.state.withLock { $0.openHolds } == 0)
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
    // A journal that takes nothing more cannot give anything back either.
    await #expect(throws: JournalError.stopped) {
      try await journal.authorise(dear, asked: asked, answer: nil)
    }
  }

  private static func strict(version: Int64) -> Rulebook {
    Rulebook(
      version: version, legalBasis: "测试〔2026〕1号", utcOffsetMinutes: 480,
      mealPeriods: JournalFixture.rulebook.mealPeriods, spendOrder: [.subsidy, .personal],
      singleLimit: Fen(10_000), salesPerMeal: 100, repeatGuardSeconds: 60,
      offline: OfflineCaps(
        home: Fen(2_500), alone: Fen(2_500), approvals: 2, serialTrust: .medium))
  }

  @Test("an unknown card is declined also while an amount is set aside")
  func unknownCardBesideHold() async throws {
    let (_, journal) = try await Self.open()
    try await journal.apply(
      JournalFixture.page([], from: 1, to: 2, rulebook: Self.strict(version: 2)))
    let dear = JournalFixture.request(1, price: .keyed(Fen(6000)))
    guard case .asks = try await journal.authoriseOrAsk(dear) else {
      Issue.record("not asked")
      return
    }
    #expect(
      try await journal.authorise(JournalFixture.request(99)).declineReason == .unknownCredential)
    try journal.close()
  }

  @Test("a sale takes from no hold that is not there, and leaves the others as they were")
  func missingHold() async throws {
    let (_, journal) = try await Self.open()
    let spend = HoldSpend(hold: HoldID(.random()), amount: Fen(1))
    await #expect(throws: JournalError.self) {
      try await journal.write { db, _ in _ = try HoldRows.spend([spend], db) }
    }
    #expect(!journal.isStopped)
    try journal.close()
  }

  @Test("an open hold that cannot be read is damage when the ledger is opened")
  func damagedHold() async throws {
    let (fixture, journal) = try await Self.open()
    try Self.tamper(
      journal,
      """
      PRAGMA ignore_check_constraints = ON;
      INSERT INTO hold (id, account, asked_fen, is_lease) VALUES (zeroblob(31), 1, 100, 0)
      """)
    try fixture.crash(journal)
    #expect(throws: JournalError.damaged("id has not 32 bytes")) { try fixture.open() }
  }

  @Test("an account with a credential of a kind that does not exist is shown to nobody")
  func unknownKind() async throws {
    let (_, journal) = try await Self.open()
    try Self.tamper(journal, "INSERT INTO credential VALUES (99, x'01', 1)")
    await #expect(throws: JournalError.self) { try await journal.exposure(naming: 3) }
    #expect(try await journal.authorise(JournalFixture.request(1)).isApproved)
    try journal.close()
  }

  @Test("a correction's row that names a sale refuses the next correction")
  func wrongCorrection() async throws {
    let (_, journal) = try await Self.open()
    let sale = try await journal.authorise(JournalFixture.request(1))
    try Self.tamper(journal, "INSERT INTO correction VALUES (1, 2, 1, 2)")
    let request = CorrectionRequest(
      kind: .refund, original: sale.position, amount: Fen(1),
      by: OperatorIdentity(userID: 0, name: "root"), note: "")
    await #expect(
      throws: JournalError.damaged("a correction's row names a record that is none")
    ) { try await journal.correct(request) }
    try journal.close()
  }

  @Test("only a sale can have a light that nobody saw")
  func unlitCorrection() async throws {
    let (_, journal) = try await Self.open()
    let sale = try await journal.authorise(JournalFixture.request(1))
    let request = CorrectionRequest(
      kind: .refund, original: sale.position, amount: Fen(1),
      by: OperatorIdentity(userID: 0, name: "root"), note: "")
    guard case .corrected(_, let position) = try await journal.correct(request) else {
      Issue.record("not corrected")
      return
    }
    let wrong = JournalError.damaged(
      "record \(position.sequence) is not the sale that its row says")
    await #expect(throws: wrong) { try await journal.markUnlit(position) }
    try journal.close()
  }

  @Test("before there is a rulebook a known card is declined as one without any worth")
  func noRulebook() async throws {
    let fixture = try JournalFixture()
    let journal = try fixture.open()
    try await journal.apply(
      JournalFixture.page([JournalFixture.account(1, subsidy: 9000)], from: 0, to: 1))
    let outcome = try await journal.authorise(JournalFixture.request(1))
    #expect(outcome.declineReason == .notConfigured)
    #expect(outcome.diner?.maskedName == "王*明")
    try journal.close()
  }

  @Test("a visitor pays what the own unit set, where the rulebook says so")
  func homePrice() async throws {
    let fixture = try JournalFixture()
    let journal = try fixture.open()
    let visitor = AccountSnapshot(
      account: AccountID(1), maskedName: "王*明", status: .active, homeCanteen: CanteenID(6),
      tranches: PurseAmounts(subsidy: Fen(9000), personal: .zero).withoutTranches,
      homePrices: [1: Fen(300), 2: Fen(1200)], version: 1, includes: nil,
      credentials: [JournalFixture.card(1)])
    for (version, pricing, total) in [
      (1, .hostStandard, 1500), (2, .homeStandard, 1200), (3, .band(ceiling: Fen(2000)), 1500),
    ] as [(Int64, VisitorPricing, Int64)] {
      let rulebook = Rulebook(
        version: version, legalBasis: "测试〔2026〕1号", utcOffsetMinutes: 480,
        mealPeriods: JournalFixture.rulebook.mealPeriods, spendOrder: [.subsidy, .personal],
        singleLimit: Fen(10_000), salesPerMeal: 9, repeatGuardSeconds: 60,
        visitorPricing: pricing, offline: JournalFixture.rulebook.offline)
      try await journal.apply(
        JournalFixture.page([visitor], from: version - 1, to: version, rulebook: rulebook))
      #expect(try await journal.authorise(JournalFixture.request(1)).sale?.total == Fen(total))
      fixture.advance(seconds: 61)
    }
    try journal.close()
  }
}
