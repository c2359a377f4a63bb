import CanteenModel
import TerminalCore
import Testing

@Suite struct AuthorisationTests {
  @Test(
    "the purses pay in the order of the rulebook, and together exactly the price",
    arguments: [
      (1500, 0, 1500, 0), (1499, 1, 1499, 1), (0, 1500, 0, 1500), (9999, 9999, 1500, 0),
      (-100, 1600, 0, 1500),
    ] as [(Int64, Int64, Int64, Int64)])
  func split(subsidy: Int64, personal: Int64, fromSubsidy: Int64, fromPersonal: Int64) {
    let decision = decide(CoreFixture.account(subsidy: subsidy, personal: personal))
    guard case .approve(let sale) = decision else {
      Issue.record("not approved: \(decision)")
      return
    }
    #expect(
      sale.paid == PurseAmounts(subsidy: Fen(fromSubsidy), personal: Fen(fromPersonal)))
    #expect(sale.mode == .fixedPrice)
    #expect(sale.place == .alone)
    #expect(sale.rulebookVersion == 7)
    #expect(sale.meal?.period == 2)
  }

  @Test("personal money goes first when the rulebook says so (C3)")
  func personalFirst() {
    let base = CoreFixture.rulebook
    let rulebook = Rulebook(
      version: 8, legalBasis: base.legalBasis, utcOffsetMinutes: 480,
      mealPeriods: base.mealPeriods, spendOrder: [.personal, .subsidy],
      singleLimit: base.singleLimit, salesPerMeal: 2, repeatGuardSeconds: 60)
    let decision = Authorisation.decide(
      CoreFixture.request(), account: CoreFixture.account(subsidy: 5000, personal: 1000),
      rulebook: rulebook, at: CoreFixture.time())
    guard case .approve(let sale) = decision else {
      Issue.record("not approved: \(decision)")
      return
    }
    #expect(sale.paid == PurseAmounts(subsidy: Fen(500), personal: Fen(1000)))
  }

  @Test(
    "a fen too little is declined with 007, and the display can say what is missing",
    arguments: [(1499, 0, 1), (0, 0, 1500), (-100, 1599, 1)] as [(Int64, Int64, Int64)])
  func insufficient(subsidy: Int64, personal: Int64, missing: Int64) {
    let decision = decide(CoreFixture.account(subsidy: subsidy, personal: personal))
    guard case .decline(let record, let shortfall) = decision else {
      Issue.record("not declined: \(decision)")
      return
    }
    #expect(record.reason == .insufficientBalance)
    #expect(record.amount == Fen(1500))
    #expect(record.count == 1)
    #expect(shortfall == Fen(missing))
  }

  @Test(
    "each rule declines with its own reason",
    arguments: [
      (CoreFixture.request(), CoreFixture.account(subsidy: 9000, status: .reportedLost), 8),
      (CoreFixture.request(), CoreFixture.account(subsidy: 9000, status: .closed), 2),
      (CoreFixture.request(), CoreFixture.account(subsidy: 9000, sales: 2), 4),
      (CoreFixture.request(.keyed(.zero)), CoreFixture.account(subsidy: 9000), 9),
      (CoreFixture.request(.keyed(Fen(-1))), CoreFixture.account(subsidy: 9000), 9),
      (CoreFixture.request(.keyed(Fen(10_001))), CoreFixture.account(subsidy: 90_000), 10),
    ] as [(SaleRequest, AccountView, UInt16)])
  func reasons(request: SaleRequest, account: AccountView, code: UInt16) {
    #expect(reason(decide(account, request)) == DeclineReason(rawValue: code))
  }

  @Test("the limits themselves are allowed: the last sale of the meal, the whole single limit")
  func limits() {
    #expect(isApproved(decide(CoreFixture.account(subsidy: 1500, sales: 1))))
    #expect(
      isApproved(
        decide(CoreFixture.account(subsidy: 10_000), CoreFixture.request(.keyed(Fen(10_000))))))
  }

  @Test("an unknown card is declined with 001, and no rulebook means 011")
  func unknown() {
    #expect(reason(decide(nil)) == .unknownCredential)
    let decision = Authorisation.decide(
      CoreFixture.request(), account: CoreFixture.account(subsidy: 9000), rulebook: nil,
      at: CoreFixture.time())
    #expect(reason(decision) == .notConfigured)
  }

  @Test("a fixed price exists during a meal only, a keyed amount is sold at any time")
  func betweenMeals() {
    let threeOClock = CoreFixture.time(CoreFixture.noon + 3 * 3_600_000)
    let account = CoreFixture.account(subsidy: 9000, sales: 99)
    let fixed = Authorisation.decide(
      CoreFixture.request(), account: account, rulebook: CoreFixture.rulebook, at: threeOClock)
    #expect(reason(fixed) == .outsideMealPeriod)
    let keyed = Authorisation.decide(
      CoreFixture.request(.keyed(Fen(100))), account: account, rulebook: CoreFixture.rulebook,
      at: threeOClock)
    guard case .approve(let sale) = keyed else {
      Issue.record("not approved: \(keyed)")
      return
    }
    #expect(sale.meal == nil)
    #expect(sale.mode == .keyedAmount)
  }

  @Test(
    "a fixed-price card is shown its recent sale at the same lane only",
    arguments: [(1, SaleMode.fixedPrice, true), (2, .fixedPrice, false), (1, .keyedAmount, false)]
      as [(UInt16, SaleMode, Bool)])
  func repeatGuard(lane: UInt16, mode: SaleMode, isShown: Bool) {
    let earlier = CoreFixture.earlier(CoreFixture.sale(1500, mode: mode))
    let decision = decide(
      CoreFixture.account(subsidy: 9000, recent: [earlier]), CoreFixture.request(lane: lane))
    #expect((decision == .showAgain(earlier)) == isShown)
    #expect(isApproved(decision) == !isShown)
  }

  @Test("a sale at another counter in between does not hide the one that is shown again")
  func repeatGuardBehind() {
    let here = CoreFixture.earlier(CoreFixture.sale(1500), sequence: 5)
    let there = CoreFixture.earlier(CoreFixture.sale(300, mode: .keyedAmount, lane: 2), sequence: 6)
    #expect(
      decide(CoreFixture.account(subsidy: 9000, recent: [there, here])) == .showAgain(here))
  }

  @Test(
    "the guard time is the rulebook's for a fixed price, and none for a newly armed sale",
    arguments: [(SalePrice.mealPeriod, 60_000), (.keyed(Fen(500)), 0)] as [(SalePrice, Int64)])
  func guardTime(price: SalePrice, milliseconds: Int64) {
    let request = CoreFixture.request(price)
    #expect(
      Authorisation.guardMilliseconds(of: request, rulebook: CoreFixture.rulebook) == milliseconds)
    #expect(Authorisation.guardMilliseconds(of: request, rulebook: nil) == 0)
  }

  @Test("a newly armed sale always charges")
  func armedCharges() {
    let last = CoreFixture.earlier(CoreFixture.sale(500, mode: .keyedAmount))
    let decision = decide(
      CoreFixture.account(subsidy: 9000, recent: [last]), CoreFixture.request(.keyed(Fen(500))))
    #expect(isApproved(decision))
  }

  @Test(
    "an equal sale whose light nobody saw is shown instead of charged, whatever the mode",
    arguments: [(500, true), (499, false), (501, false)] as [(Int64, Bool)])
  func committedUnlit(fen: Int64, isShown: Bool) {
    let unlit = CoreFixture.earlier(CoreFixture.sale(500, mode: .keyedAmount))
    let decision = decide(
      CoreFixture.account(subsidy: 9000, unlit: [unlit]), CoreFixture.request(.keyed(Fen(fen))))
    #expect((decision == .showAgain(unlit)) == isShown)
  }

  @Test("a card that lay there at the start is shown its unlit sale, and never charged")
  func wasThereAtStart() {
    let request = CoreFixture.request(mayCharge: false)
    #expect(decide(CoreFixture.account(subsidy: 9000), request) == .tapAgain)
    let unlit = CoreFixture.earlier(CoreFixture.sale(1500))
    #expect(
      decide(CoreFixture.account(subsidy: 9000, unlit: [unlit]), request) == .showAgain(unlit))
    #expect(
      decide(CoreFixture.account(subsidy: 9000, recent: [unlit]), request) == .showAgain(unlit))
    #expect(reason(decide(nil, request)) == .unknownCredential)
  }

  @Test("a card that was reported lost after its sale cannot pay for another")
  func lostAfterSale() {
    let account = CoreFixture.account(subsidy: 9000, status: .reportedLost)
    #expect(reason(decide(account)) == .reportedLost)
  }

  private func decide(
    _ account: AccountView?, _ request: SaleRequest = CoreFixture.request()
  ) -> Authorisation.Decision {
    Authorisation.decide(
      request, account: account, rulebook: CoreFixture.rulebook, at: CoreFixture.time())
  }

  private func reason(_ decision: Authorisation.Decision) -> DeclineReason? {
    if case .decline(let record, _) = decision { record.reason } else { nil }
  }

  private func isApproved(_ decision: Authorisation.Decision) -> Bool {
    if case .approve = decision { true } else { false }
  }
}
