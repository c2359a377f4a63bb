import CanteenModel
import TerminalCore
import Testing

@Suite struct OfflineBoundTests {
  private static let caps = OfflineCaps(home: Fen(4_000), alone: Fen(2_500), approvals: 2)
  private static let rulebook = CoreFixture.rulebook(offline: caps)
  private static let only = TerminalPlace(canteen: CanteenID(5), isOnlyTerminal: true)

  private static func account(
    _ trust: TrustClass, home: UInt32? = 5, counters: AccountCounters = AccountCounters(),
    subsidy: Int64 = 90_000
  ) -> AccountView {
    CoreFixture.account(
      tranches: [CoreFixture.tranche(.subsidy, subsidy)], home: home.map { CanteenID($0) },
      trust: trust, counters: counters)
  }

  @Test(
    "what may be approved without the centre depends on the credential and the place",
    arguments: [
      (TrustClass.strong, 5, true, 4_000), (.strong, 5, false, 2_500), (.medium, 6, true, 2_500),
      (.medium, nil, false, 2_500), (.weak, 5, false, 1_500), (.weak, 6, true, 0),
      (.anonymous, 5, true, 0),
    ] as [(TrustClass, UInt32?, Bool, Int64)])
  func allowances(trust: TrustClass, home: UInt32?, isOnly: Bool, fen: Int64) throws {
    let place = isOnly ? Self.only : CoreFixture.place
    for (amount, isApproved) in [(fen, fen > 0), (fen + 1, false)] where amount > 0 {
      let decision = try CoreFixture.decide(
        Self.account(trust, home: home), CoreFixture.request(.keyed(Fen(amount))),
        rulebook: Self.rulebook, place: place)
      #expect(decision.isApproved == isApproved, "\(amount)")
      #expect(decision.reason == (isApproved ? nil : .needsCentre))
    }
  }

  @Test(
    "what was approved in the period before counts, in fen and in number",
    arguments: [
      (1_000, 1, true), (1_001, 1, false), (0, 2, false),
    ] as [(Int64, Int, Bool)])
  func before(fen: Int64, approvals: Int, isApproved: Bool) throws {
    let counters = AccountCounters(aloneApprovals: approvals, aloneTotal: Fen(fen))
    let decision = try CoreFixture.decide(
      Self.account(.strong, counters: counters), rulebook: Self.rulebook)
    #expect(decision.isApproved == isApproved)
  }

  @Test(
    "an allowance says how much and how often, also when the terminal is braked",
    arguments: [
      (TrustClass.strong, true, BrakeLevel.warning, 2_500, 2), (.medium, false, .free, 2_500, 2),
      (.strong, true, .braked, 1_500, 1), (.strong, false, .braked, 0, 0),
      (.weak, true, .free, 1_500, 1), (.weak, false, .free, 0, 0), (.weak, true, .braked, 1_500, 1),
      (.anonymous, true, .free, 0, 0), (.anonymous, true, .braked, 0, 0),
    ] as [(TrustClass, Bool, BrakeLevel, Int64, Int)])
  func allowance(
    trust: TrustClass, isMeal: Bool, brake: BrakeLevel, fen: Int64, approvals: Int
  ) {
    let allowance = OfflineBound.allowance(
      of: Self.account(trust), at: CoreFixture.place,
      period: isMeal ? CoreFixture.rulebook.mealPeriods[0] : nil, rulebook: Self.rulebook,
      brake: brake)
    #expect(allowance.total == Fen(fen))
    #expect(allowance.approvals == approvals)
  }

  @Test("between meals a weak credential buys nothing without the centre")
  func weakBetweenMeals() throws {
    let decision = try CoreFixture.decide(
      Self.account(.weak), CoreFixture.request(.keyed(Fen(1))), rulebook: Self.rulebook,
      at: CoreFixture.time(CoreFixture.noon + 3 * 3_600_000))
    #expect(decision.reason == .needsCentre)
  }

  @Test("a meal that costs nothing needs nobody")
  func free() throws {
    let decision = try CoreFixture.decide(
      Self.account(.anonymous), CoreFixture.request(.count), rulebook: Self.rulebook)
    #expect(decision.isApproved)
    #expect(decision.sale?.place == .alone)
  }

  @Test(
    "what may still be bought alone is the rest of the cap, as far as there is money",
    arguments: [
      (90_000, 0, 0, 2_500), (90_000, 1_000, 1, 1_500), (1_400, 1_000, 1, 1_400),
      (90_000, 2_500, 1, 0), (90_000, 2_600, 1, 0), (90_000, 0, 2, 0), (-5, 0, 0, 0),
    ] as [(Int64, Int64, Int, Int64)])
  func mayBuy(balance: Int64, before: Int64, approvals: Int, fen: Int64) throws {
    let account = Self.account(
      .strong, counters: AccountCounters(aloneApprovals: approvals, aloneTotal: Fen(before)),
      subsidy: balance)
    #expect(try Self.mayBuy(account) == Fen(fen))
  }

  @Test("a lost card may buy nothing, and money that ended yesterday buys nothing")
  func mayNotBuy() throws {
    let lost = CoreFixture.account(subsidy: 9_000, status: .reportedLost)
    #expect(try Self.mayBuy(lost) == .zero)
    let today = CoreFixture.rulebook.localDay(of: CoreFixture.noon)
    for (day, fen) in [(today, Fen(2_500)), (today - 1, .zero)] {
      let account = CoreFixture.account(
        tranches: [CoreFixture.tranche(.subsidy, 9_000, until: day)])
      #expect(try Self.mayBuy(account) == fen)
    }
  }

  @Test("a braked terminal leaves one standard meal, and what is exposed says so")
  func mayBuyBraked() throws {
    #expect(try Self.mayBuy(Self.account(.strong), brake: .braked) == Fen(1_500))
    #expect(try Self.mayBuy(Self.account(.strong), brake: .warning) == Fen(2_500))
  }

  private static func mayBuy(_ account: AccountView, brake: BrakeLevel = .free) throws -> Fen {
    let meal = rulebook.meal(at: CoreFixture.noon)
    return try OfflineBound.mayBuy(
      account, at: CoreFixture.place, period: meal?.period, rulebook: rulebook, brake: brake,
      on: rulebook.localDay(of: CoreFixture.noon))
  }

  /// Terminals that never hear of one another, a diner who taps at all of them: what is approved in
  /// total never exceeds the sum of what each may approve alone.
  @Test(
    "the loss on an account is at most the sum of min(balance, periods × cap)", arguments: 1...40)
  func bound(seed: UInt64) throws {
    var random = Seeded(state: seed &* 0x9E37_79B9_7F4A_7C15)
    for _ in 0..<100 {
      let terminals = Int(random.next() % 6) + 1
      let periods = Int(random.next() % 3) + 1
      let balance = Int64(random.next() % 12_000)
      let trust = TrustClass.allCases[Int(random.next() % 4)]
      var (approved, bound) = (Int64(0), Int64(0))
      for terminal in 0..<terminals {
        let place = TerminalPlace(
          canteen: CanteenID(UInt32(random.next() % 3) + 4),
          isOnlyTerminal: random.next() % 3 == 0 && terminal == 0)
        let cap = Self.cap(trust, place)
        bound += min(balance, Int64(periods) * cap)
        approved += try Self.spend(
          balance: balance, trust: trust, place: place, periods: periods, &random)
      }
      #expect(max(0, approved - balance) <= bound)
      #expect(approved <= bound)
    }
  }

  /// Written from the document, not from the code.
  private static func cap(_ trust: TrustClass, _ place: TerminalPlace) -> Int64 {
    let isAtHome = place.canteen == CanteenID(5)
    switch trust {
    case .anonymous: return 0
    case .weak: return isAtHome ? 1_500 : 0
    case .medium, .strong: return isAtHome && place.isOnlyTerminal ? 4_000 : 2_500
    }
  }

  /// One cut-off terminal, at which a diner buys as often as it allows.
  private static func spend(
    balance: Int64, trust: TrustClass, place: TerminalPlace, periods: Int, _ random: inout Seeded
  ) throws -> Int64 {
    var spent: Int64 = 0
    for _ in 0..<periods {
      var counters = AccountCounters()
      for _ in 0..<6 {
        let amount = Fen(Int64(random.next() % 3_000) + 1)
        let view = account(trust, counters: counters, subsidy: balance - spent)
        let decision = try CoreFixture.decide(
          view, CoreFixture.request(.keyed(amount)), rulebook: rulebook, place: place)
        guard let sale = decision.sale else { continue }
        spent += sale.total.value
        counters.aloneApprovals += 1
        counters.aloneTotal = try counters.aloneTotal + sale.total
      }
    }
    return spent
  }
}
