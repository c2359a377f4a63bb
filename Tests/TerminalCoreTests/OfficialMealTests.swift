import CanteenModel
import TerminalCore
import Testing

@Suite struct OfficialMealTests {
  private static let rules = OfficialMealRules(
    prices: [OfficialMealRules.Price(period: 2, perHead: Fen(4000))], mostHeads: 10)

  private static func rulebook(_ rules: OfficialMealRules? = rules) -> Rulebook {
    let usual = CoreFixture.rulebook
    return Rulebook(
      version: 7, legalBasis: usual.legalBasis, utcOffsetMinutes: 480,
      mealPeriods: usual.mealPeriods, spendOrder: usual.spendOrder,
      singleLimit: usual.singleLimit, salesPerMeal: 1, repeatGuardSeconds: 60,
      dailyLimit: Fen(10_000), officialMeal: rules, offline: usual.offline)
  }

  private static func request(
    _ price: SalePrice, _ kind: Credential.Kind = .officialVoucher
  ) throws -> SaleRequest {
    let credential =
      kind == .officialVoucher
      ? try #require(VoucherNumber.credential("GW2026-0117")) : CoreFixture.card
    return SaleRequest(
      lane: LaneID(1), medium: kind == .officialVoucher ? .keyed : .card, credential: credential,
      price: price)
  }

  private static func decide(
    _ heads: Int, subsidy: Int64 = 100_000, rulebook: Rulebook = rulebook(), sales: Int = 5,
    centre: CentreReach = .askable(canLease: false), holds: [HoldSpend] = [],
    at milliseconds: Int64 = CoreFixture.noon
  ) throws -> Authorisation.Decision {
    try Authorisation.decide(
      try request(.officialMeal(heads: heads)),
      SaleFacts(
        rulebook: rulebook, place: CoreFixture.place,
        account: CoreFixture.account(subsidy: subsidy, sales: sales, trust: .anonymous),
        holds: holds, centre: centre), at: CoreFixture.time(milliseconds))
  }

  private static func reason(_ decision: Authorisation.Decision) -> DeclineReason? {
    if case .decline(let record, _) = decision { record.reason } else { nil }
  }

  @Test(
    "the host unit pays by the head, above every limit of a diner, with what the centre set aside")
  func approved() throws {
    let hold = HoldSpend(hold: HoldID(.zero), amount: Fen(40_000))
    guard case .approve(let sale) = try Self.decide(10, holds: [hold]) else {
      Issue.record("an official meal with its money set aside is approved")
      return
    }
    #expect(sale.total == Fen(40_000))
    #expect(sale.heads == 10)
    #expect(sale.mode == .officialMeal)
    #expect(sale.place == .online)
    #expect(!sale.isOwnMeal)
    #expect(sale.medium == .keyed)
  }

  @Test("without money set aside the centre is asked, and without the centre it is refused")
  func leaseOnly() throws {
    #expect(
      try Self.decide(6)
        == .askCentre(
          HoldNeed(account: AccountID(11), asked: Fen(24_000), least: Fen(24_000))))
    #expect(Self.reason(try Self.decide(6, centre: .silent)) == .needsCentre)
    #expect(Self.reason(try Self.decide(1, centre: .silent)) == .needsCentre)
  }

  @Test(
    "heads, period, rules and money are judged",
    arguments: [
      (0, 100_000, DeclineReason.amountNotPositive), (-1, 100_000, .amountNotPositive),
      (11, 100_000, .countLimit), (Int.max, 100_000, .countLimit),
      (6, 23_999, .insufficientBalance),
    ])
  func refused(heads: Int, subsidy: Int64, expected: DeclineReason) throws {
    #expect(Self.reason(try Self.decide(heads, subsidy: subsidy)) == expected)
  }

  @Test(
    "a period without a price, the time between meals, and a rulebook without the rule serve none")
  func notServed() throws {
    let lateEvening = CoreFixture.noon + 11 * 3_600_000
    #expect(Self.reason(try Self.decide(2, at: lateEvening)) == .outsideMealPeriod)
    let afternoon = CoreFixture.noon + 3 * 3_600_000
    #expect(Self.reason(try Self.decide(2, at: afternoon)) == .outsideMealPeriod)
    #expect(Self.reason(try Self.decide(2, rulebook: Self.rulebook(nil))) == .notAtThisTerminal)
  }

  @Test(
    "an official meal that nobody saw approved stands for one of as many heads, not of the same price"
  )
  func unlit() throws {
    let sale = try SaleRecord(
      account: AccountID(11), lane: LaneID(1), medium: .keyed, mode: .officialMeal,
      slot: MealKey(day: 20_780, period: 2),
      spends: [Spend(purse: .subsidy, tranche: .none, amount: Fen(24_000))], place: .online,
      rulebookVersion: 6, heads: 6)
    let earlier = CoreFixture.earlier(sale)
    func decision(heads: Int, perHead: Int64) throws -> Authorisation.Decision {
      let rules = OfficialMealRules(
        prices: [OfficialMealRules.Price(period: 2, perHead: Fen(perHead))], mostHeads: 10)
      return try Authorisation.decide(
        try Self.request(.officialMeal(heads: heads)),
        SaleFacts(
          rulebook: Self.rulebook(rules), place: CoreFixture.place,
          account: CoreFixture.account(subsidy: 100_000, trust: .anonymous, unlit: [earlier])),
        at: CoreFixture.time())
    }
    #expect(try decision(heads: 6, perHead: 4000) == .showAgain(earlier))
    #expect(Self.reason(try decision(heads: 8, perHead: 3000)) == .needsCentre)
  }

  @Test("a price that does not fit into 64 bits is an error, and nothing is decided")
  func overflow() {
    let rules = OfficialMealRules(
      prices: [OfficialMealRules.Price(period: 2, perHead: Fen(.max))], mostHeads: 10)
    #expect(throws: MoneyError.overflow) {
      try Self.decide(2, rulebook: Self.rulebook(rules))
    }
  }

  @Test("the unit's voucher buys nothing else, and no diner's card an official meal")
  func notMixed() throws {
    let facts = SaleFacts(
      rulebook: Self.rulebook(), place: CoreFixture.place,
      account: CoreFixture.account(subsidy: 100_000))
    for price in [SalePrice.mealPeriod, .guestMeal, .keyed(Fen(100)), .count] {
      let decision = try Authorisation.decide(
        try Self.request(price), facts, at: CoreFixture.time())
      #expect(Self.reason(decision) == .notAtThisTerminal)
    }
    let byCard = try Authorisation.decide(
      try Self.request(.officialMeal(heads: 1), .cardSerial), facts, at: CoreFixture.time())
    #expect(Self.reason(byCard) == .notAtThisTerminal)
  }

  @Test(
    "a request's number is capital letters, digits and hyphens, 6 to 32 of them",
    arguments: [
      ("GW2026-0117", true), ("000000", true), ("00000", false),
      (String(repeating: "A", count: 32), true), (String(repeating: "A", count: 33), false),
      ("gw2026-0117", false), ("GW2026 0117", false), ("公务餐000001", false), ("", false),
    ])
  func numbers(text: String, isNumber: Bool) {
    #expect((VoucherNumber.credential(text) != nil) == isNumber)
  }
}
