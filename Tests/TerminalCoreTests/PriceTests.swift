import CanteenModel
import TerminalCore
import Testing

@Suite struct PriceTests {
  private static let contractor = DinerCategory(3)
  private static let elsewhere = CanteenID(6)

  private static func rule(
    _ price: Int64, category: DinerCategory? = nil, isVisitor: Bool? = nil
  ) -> PriceRule {
    PriceRule(period: 2, category: category, isVisitor: isVisitor, price: Fen(price))
  }

  @Test(
    "the first price rule that fits the diner counts, else the period's own price (C8)",
    arguments: [
      (DinerCategory.ordinary, CanteenID(5), 1500), (.ordinary, elsewhere, 1800),
      (contractor, CanteenID(5), 1000), (contractor, elsewhere, 1200),
      (DinerCategory(9), nil, 1800),
    ] as [(DinerCategory, CanteenID?, Int64)])
  func priceRules(category: DinerCategory, home: CanteenID?, price: Int64) throws {
    let rulebook = CoreFixture.rulebook(priceRules: [
      Self.rule(1200, category: Self.contractor, isVisitor: true),
      Self.rule(1000, category: Self.contractor), Self.rule(1800, isVisitor: true),
      PriceRule(period: 4, category: nil, isVisitor: nil, price: Fen(1)),
    ])
    let account = CoreFixture.account(
      tranches: [CoreFixture.tranche(.subsidy, 9000)], category: category, home: home)
    #expect(try CoreFixture.decide(account, rulebook: rulebook).sale?.total == Fen(price))
  }

  @Test(
    "a visitor pays the host's price, the own unit's, or the own within the band (C8)",
    arguments: [
      (VisitorPricing.hostStandard, 2000, 1500), (.homeStandard, 2000, 2000),
      (.homeStandard, 900, 900), (.band(ceiling: Fen(1800)), 2000, 1800),
      (.band(ceiling: Fen(1800)), 1600, 1600), (.band(ceiling: Fen(1800)), 900, 1500),
    ] as [(VisitorPricing, Int64, Int64)])
  func visitors(pricing: VisitorPricing, home: Int64, price: Int64) throws {
    let rulebook = CoreFixture.rulebook(visitorPricing: pricing)
    let visitor = CoreFixture.account(
      tranches: [CoreFixture.tranche(.subsidy, 9000)], home: Self.elsewhere,
      homePrices: [2: Fen(home), 4: Fen(1)])
    #expect(try CoreFixture.decide(visitor, rulebook: rulebook).sale?.total == Fen(price))
    let own = CoreFixture.account(
      tranches: [CoreFixture.tranche(.subsidy, 9000)], homePrices: [2: Fen(home)])
    #expect(try CoreFixture.decide(own, rulebook: rulebook).sale?.total == Fen(1500))
  }

  @Test("before the terminal knows where it stands everybody is a visitor")
  func noPlace() throws {
    let rulebook = CoreFixture.rulebook(priceRules: [Self.rule(1800, isVisitor: true)])
    let decision = try CoreFixture.decide(
      CoreFixture.account(subsidy: 9000), rulebook: rulebook, place: nil)
    #expect(decision.sale?.total == Fen(1800))
  }

  @Test("a meal that is free is a meal: it is counted, and takes nothing")
  func freeMeal() throws {
    let rulebook = CoreFixture.rulebook(priceRules: [Self.rule(0)])
    let sale = try CoreFixture.decide(CoreFixture.account(), rulebook: rulebook).sale
    #expect(sale?.spends == [])
    #expect(sale?.isOwnMeal == true)
    #expect(
      try CoreFixture.decide(CoreFixture.account(sales: 2), rulebook: rulebook).reason
        == .countLimit)
  }

  @Test("in count-only mode a meal is counted and costs nothing")
  func countOnly() throws {
    let sale = try CoreFixture.decide(CoreFixture.account(), CoreFixture.request(.count)).sale
    #expect(sale?.mode == .countOnly)
    #expect(sale?.total == .zero)
    #expect(
      try CoreFixture.decide(CoreFixture.account(sales: 2), CoreFixture.request(.count)).reason
        == .countLimit)
  }

  @Test(
    "a guest's meal needs the cashier and a free place, and is not the diner's own",
    arguments: [(0, 0, false), (1, 0, true), (1, 1, false), (2, 1, true)] as [(Int, Int, Bool)])
  func guests(allowed: Int, had: Int, isApproved: Bool) throws {
    let account = CoreFixture.account(
      tranches: [CoreFixture.tranche(.subsidy, 9000)],
      counters: AccountCounters(meals: 2, guests: had))
    let decision = try CoreFixture.decide(
      account, CoreFixture.request(.guestMeal),
      rulebook: CoreFixture.rulebook(guestsPerMeal: allowed))
    #expect(decision.isApproved == isApproved)
    #expect(decision.reason == (isApproved ? nil : .countLimit))
    #expect(decision.sale?.isGuest ?? true)
    #expect(decision.sale?.isOwnMeal ?? false == false)
  }

  @Test(
    "the daily limit counts everything of the day, itself allowed",
    arguments: [(8_500, true), (8_501, false)] as [(Int64, Bool)])
  func dailyLimit(spent: Int64, isApproved: Bool) throws {
    let account = CoreFixture.account(
      tranches: [CoreFixture.tranche(.subsidy, 9000)],
      counters: AccountCounters(dayTotal: Fen(spent)))
    let decision = try CoreFixture.decide(
      account, rulebook: CoreFixture.rulebook(dailyLimit: Fen(10_000)))
    #expect(decision.isApproved == isApproved)
    #expect(decision.reason == (isApproved ? nil : .amountLimit))
  }
}
