import CanteenModel
import Testing

@testable import Journal

@Suite struct ExposureTests {
  private static func rulebook(_ trust: TrustClass, brakes: Brakes = .standard) -> Rulebook {
    Rulebook(
      version: 2, legalBasis: "测试〔2026〕2号", utcOffsetMinutes: 480,
      mealPeriods: [
        MealPeriod(number: 2, name: "午餐", startMinute: 660, endMinute: 780, price: Fen(1500))
      ], spendOrder: [.subsidy, .personal], singleLimit: Fen(10_000), salesPerMeal: 5,
      repeatGuardSeconds: 60,
      offline: OfflineCaps(home: Fen(4000), alone: Fen(2500), approvals: 2, serialTrust: trust),
      brakes: brakes)
  }

  private static func open(
    _ fixture: JournalFixture, _ accounts: [AccountSnapshot], _ rulebook: Rulebook
  ) async throws -> Journal {
    let journal = try fixture.open()
    try await journal.apply(JournalFixture.page(accounts, from: 0, to: 1, rulebook: rulebook))
    return journal
  }

  @Test("the exposure is what every account may still buy, and falls with what it buys")
  func falls() async throws {
    let fixture = try JournalFixture()
    let accounts =
      (1...Int64(250)).map { JournalFixture.account($0, subsidy: 10_000) }
      + [
        JournalFixture.account(251, subsidy: 700), JournalFixture.account(252),
        JournalFixture.account(253, subsidy: 900, status: .reportedLost),
      ]
    let journal = try await Self.open(fixture, accounts, Self.rulebook(.medium))
    var exposure = try #require(try await journal.exposure(naming: 3))
    #expect(exposure.accounts == 251)
    #expect(exposure.total == Fen(250 * 4000 + 700))
    #expect(exposure.greatest.map(\.account.number) == [1, 2, 3])
    #expect(exposure.slot.period == 2)
    // Two approvals are all that the period has, however little they took.
    for amount in [Int64(1000), 500] {
      let sale = try await journal.authorise(
        JournalFixture.request(1, price: .keyed(Fen(amount))))
      #expect(sale.isApproved)
      exposure = try #require(try await journal.exposure(naming: 0))
      #expect(
        exposure.total == Fen(249 * 4000 + 700 + (amount == 1000 ? 3000 : 0)))
    }
    #expect(exposure.greatest.isEmpty)
    try journal.close()
  }

  @Test("what the exposure says may be bought is what the next sale may take, to the fen")
  func isTheCap() async throws {
    let fixture = try JournalFixture()
    let journal = try await Self.open(
      fixture,
      [JournalFixture.account(1, subsidy: 10_000), JournalFixture.account(2, subsidy: 900)],
      Self.rulebook(.medium))
    let exposure = try #require(try await journal.exposure(naming: 10))
    for line in exposure.greatest {
      let more = try await journal.authorise(
        JournalFixture.request(line.account.number, price: .keyed(Fen(line.mayBuy.value + 1))))
      #expect(!more.isApproved)
      let all = try await journal.authorise(
        JournalFixture.request(line.account.number, price: .keyed(line.mayBuy)))
      #expect(all.isApproved)
    }
    #expect(try #require(try await journal.exposure(naming: 0)).total == .zero)
    try journal.close()
  }

  @Test("a serial number is exposed for one meal within a period, and for nothing between meals")
  func weak() async throws {
    let fixture = try JournalFixture()
    let journal = try await Self.open(
      fixture, [JournalFixture.account(1, subsidy: 10_000)], Self.rulebook(.weak))
    #expect(try #require(try await journal.exposure(naming: 0)).total == Fen(1500))
    fixture.advance(seconds: 2 * 3600)
    let between = try #require(try await journal.exposure(naming: 0))
    #expect(between.total == .zero)
    #expect(between.slot.period == 0)
    try journal.close()
  }

  @Test("without a rulebook nothing is exposed, because nothing is sold")
  func noRulebook() async throws {
    let fixture = try JournalFixture()
    let journal = try fixture.open()
    #expect(try await journal.exposure(naming: 0) == nil)
    try journal.close()
  }
}
