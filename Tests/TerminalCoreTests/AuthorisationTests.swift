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
  func split(
    subsidy: Int64, personal: Int64, fromSubsidy: Int64, fromPersonal: Int64
  ) throws {
    let decision = try decide(CoreFixture.account(subsidy: subsidy, personal: personal))
    guard case .approve(let sale) = decision else {
      Issue.record("not approved: \(decision)")
      return
    }
    #expect(
      sale.paid == PurseAmounts(subsidy: Fen(fromSubsidy), personal: Fen(fromPersonal)))
    #expect(sale.mode == .fixedPrice)
    #expect(sale.place == .alone)
    #expect(sale.rulebookVersion == 7)
    #expect(sale.slot.period == 2)
  }

  @Test("personal money goes first when the rulebook says so (C3)")
  func personalFirst() throws {
    let rulebook = CoreFixture.rulebook(spendOrder: [.personal, .subsidy])
    let decision = try decide(
      CoreFixture.account(subsidy: 5000, personal: 1000), rulebook: rulebook)
    guard case .approve(let sale) = decision else {
      Issue.record("not approved: \(decision)")
      return
    }
    #expect(sale.paid == PurseAmounts(subsidy: Fen(500), personal: Fen(1000)))
  }

  @Test(
    "a fen too little is declined with 007, and the display can say what is missing",
    arguments: [(1499, 0, 1), (0, 0, 1500), (-100, 1599, 1)] as [(Int64, Int64, Int64)])
  func insufficient(subsidy: Int64, personal: Int64, missing: Int64) throws {
    let decision = try decide(CoreFixture.account(subsidy: subsidy, personal: personal))
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
  func reasons(request: SaleRequest, account: AccountView, code: UInt16) throws {
    #expect(try decide(account, request).reason == DeclineReason(rawValue: code))
  }

  @Test("the limits themselves are allowed: the last sale of the meal, the whole single limit")
  func limits() throws {
    #expect(try decide(CoreFixture.account(subsidy: 1500, sales: 1)).isApproved)
    #expect(
      try decide(
        CoreFixture.account(subsidy: 10_000), CoreFixture.request(.keyed(Fen(10_000)))
      ).isApproved)
  }

  @Test("an unknown card is declined with 001, and no rulebook means 011")
  func unknown() throws {
    #expect(try decide(nil).reason == .unknownCredential)
    let decision = try Authorisation.decide(
      CoreFixture.request(),
      SaleFacts(rulebook: nil, place: nil, account: CoreFixture.account(subsidy: 9000)),
      at: CoreFixture.time())
    #expect(decision.reason == .notConfigured)
  }

  @Test("a fixed price exists during a meal only, a keyed amount is sold at any time")
  func betweenMeals() throws {
    let threeOClock = CoreFixture.time(CoreFixture.noon + 3 * 3_600_000)
    let account = CoreFixture.account(subsidy: 9000, sales: 99)
    for price in [SalePrice.mealPeriod, .guestMeal, .count] {
      let decision = try CoreFixture.decide(
        account, CoreFixture.request(price), at: threeOClock)
      #expect(decision.reason == .outsideMealPeriod)
    }
    let keyed = try CoreFixture.decide(
      account, CoreFixture.request(.keyed(Fen(100))), at: threeOClock)
    guard case .approve(let sale) = keyed else {
      Issue.record("not approved: \(keyed)")
      return
    }
    #expect(!sale.isInMeal)
    #expect(sale.mode == .keyedAmount)
  }

  @Test(
    "a fixed-price card is shown its recent sale at the same lane only",
    arguments: [
      (1, SaleMode.fixedPrice, false, true), (2, .fixedPrice, false, false),
      (1, .keyedAmount, false, false), (1, .fixedPrice, true, false),
    ] as [(UInt16, SaleMode, Bool, Bool)])
  func repeatGuard(lane: UInt16, mode: SaleMode, isGuest: Bool, isShown: Bool) throws {
    let earlier = CoreFixture.earlier(try CoreFixture.sale(1500, mode: mode, isGuest: isGuest))
    let decision = try decide(
      CoreFixture.account(subsidy: 9000, recent: [earlier]), CoreFixture.request(lane: lane))
    #expect((decision == .showAgain(earlier)) == isShown)
    #expect(decision.isApproved == !isShown)
  }

  @Test("a sale at another counter in between does not hide the one that is shown again")
  func repeatGuardBehind() throws {
    let here = CoreFixture.earlier(try CoreFixture.sale(1500), sequence: 5)
    let there = CoreFixture.earlier(
      try CoreFixture.sale(300, mode: .keyedAmount, lane: 2), sequence: 6)
    #expect(
      try decide(CoreFixture.account(subsidy: 9000, recent: [there, here])) == .showAgain(here))
  }

  @Test(
    "the guard time is the rulebook's, and none for a sale that the cashier armed",
    arguments: [
      (SalePrice.mealPeriod, 60_000), (.count, 60_000), (.keyed(Fen(500)), 0), (.guestMeal, 0),
      (.items([]), 0),
    ] as [(SalePrice, Int64)])
  func guardTime(price: SalePrice, milliseconds: Int64) {
    let request = CoreFixture.request(price)
    #expect(
      Authorisation.guardMilliseconds(of: request, rulebook: CoreFixture.rulebook) == milliseconds)
    #expect(Authorisation.guardMilliseconds(of: request, rulebook: nil) == 0)
  }

  @Test("a newly armed sale always charges")
  func armedCharges() throws {
    let last = CoreFixture.earlier(try CoreFixture.sale(500, mode: .keyedAmount))
    let decision = try decide(
      CoreFixture.account(subsidy: 9000, recent: [last]), CoreFixture.request(.keyed(Fen(500))))
    #expect(decision.isApproved)
  }

  @Test(
    "an equal sale whose light nobody saw is shown instead of charged, whatever the mode",
    arguments: [
      (500, SaleMode.keyedAmount, true), (499, .keyedAmount, false), (501, .keyedAmount, false),
      (500, .fixedPrice, false),
    ] as [(Int64, SaleMode, Bool)])
  func committedUnlit(fen: Int64, mode: SaleMode, isShown: Bool) throws {
    let unlit = CoreFixture.earlier(try CoreFixture.sale(fen, mode: mode))
    let decision = try decide(
      CoreFixture.account(subsidy: 9000, unlit: [unlit]), CoreFixture.request(.keyed(Fen(500))))
    #expect((decision == .showAgain(unlit)) == isShown)
  }

  @Test("an unlit meal of one's own does not stand for a guest's, nor the other way round")
  func unlitGuest() throws {
    let rulebook = CoreFixture.rulebook(guestsPerMeal: 1)
    for (price, isGuest) in [(SalePrice.guestMeal, false), (.mealPeriod, true)] {
      let unlit = CoreFixture.earlier(try CoreFixture.sale(1500, isGuest: isGuest))
      let decision = try decide(
        CoreFixture.account(subsidy: 9000, unlit: [unlit]), CoreFixture.request(price),
        rulebook: rulebook)
      #expect(decision.isApproved)
    }
  }

  @Test("an unlit order stands for the same items only, not for others of the same price")
  func unlitItems() throws {
    let catalogue = [101, 102].map { number in
      Item(
        code: ItemCode(number), name: "饺子", category: .dish, price: Fen(800), ceiling: nil)
    }
    let decide = { (unlit: [EarlierSale], code: UInt32) in
      try CoreFixture.decide(
        CoreFixture.account(subsidy: 9000, unlit: unlit),
        CoreFixture.request(.items([ItemLine(code: ItemCode(code), quantity: 1)])),
        items: catalogue)
    }
    let first = CoreFixture.earlier(try #require(try decide([], 101).sale))
    #expect(try decide([first], 101) == .showAgain(first))
    #expect(try decide([first], 102).isApproved)
  }

  @Test("a card that lay there at the start is shown its unlit sale, and never charged")
  func wasThereAtStart() throws {
    let request = CoreFixture.request(mayCharge: false)
    #expect(try decide(CoreFixture.account(subsidy: 9000), request) == .tapAgain)
    let unlit = CoreFixture.earlier(try CoreFixture.sale(1500))
    #expect(
      try decide(CoreFixture.account(subsidy: 9000, unlit: [unlit]), request) == .showAgain(unlit))
    #expect(
      try decide(CoreFixture.account(subsidy: 9000, recent: [unlit]), request)
        == .showAgain(unlit))
    #expect(try decide(nil, request).reason == .unknownCredential)
  }

  @Test("a card that was reported lost after its sale cannot pay for another")
  func lostAfterSale() throws {
    let account = CoreFixture.account(subsidy: 9000, status: .reportedLost)
    #expect(try decide(account).reason == .reportedLost)
  }

  @Test("a balance that does not fit into 64 bits decides nothing")
  func overflow() throws {
    let account = CoreFixture.account(subsidy: .max, personal: 1)
    #expect(throws: MoneyError.overflow) { try decide(account) }
  }

  @Test("an account that is seen for the first time has used nothing up")
  func newAccount() {
    let counters = AccountCounters()
    #expect(counters.meals == 0)
    #expect(counters.guests == 0)
    #expect(counters.aloneApprovals == 0)
    #expect(
      [
        counters.aloneTotal, counters.dayTotal, counters.marketDayTotal,
        counters.marketMonthTotal,
      ].allSatisfy { $0 == .zero })
  }

  private func decide(
    _ account: AccountView?, _ request: SaleRequest = CoreFixture.request(),
    rulebook: Rulebook = CoreFixture.rulebook
  ) throws -> Authorisation.Decision {
    try CoreFixture.decide(account, request, rulebook: rulebook)
  }
}

extension Authorisation.Decision {
  var reason: DeclineReason? {
    if case .decline(let record, _) = self { record.reason } else { nil }
  }

  var sale: SaleRecord? {
    if case .approve(let sale) = self { sale } else { nil }
  }

  var isApproved: Bool { sale != nil }
}
