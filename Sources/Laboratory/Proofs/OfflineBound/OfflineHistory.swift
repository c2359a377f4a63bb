import CanteenModel
import SeededRandom

/// What happens to one account at terminals that do not hear of one another: data, so that a failing
/// history can be made shorter.
struct OfflineHistory: Sendable {
  enum Event: Sendable {
    case sale(terminal: Int, SalePrice)
    case wait(minutes: Int)
    /// The centre posts what the terminal has sold, but for its last sales.
    case settle(terminal: Int, allBut: Int)
    /// The centre cuts a row of the feed; it is under way until a ``fed``.
    case cut(terminal: Int)
    case fed(terminal: Int)
    case topUp(Fen)
    /// A newer rulebook reaches a terminal.
    case rulebook(terminal: Int)
  }

  let diner: LoneDiner
  let opening: [TrancheBalance]
  /// The first is in force everywhere; the second may arrive.
  let rulebooks: [Rulebook]
  let places: [TerminalPlace?]
  /// Which terminals know the account at the beginning.
  let isFed: [Bool]
  var events: [Event]

  /// 2026-11-23 12:00 in China, and its day.
  static let noon: Int64 = 1_795_406_400_000
  static let today: Int32 = 20_780

  init(_ random: inout SplitMix64) {
    let terminals = random.below(5) + 1
    diner = LoneDiner(
      trust: TrustClass.allCases[[0, 1, 1, 2, 2, 2, 3, 3, 3, 3][random.below(10)]],
      category: DinerCategory(UInt16(random.below(2))),
      home: random.chance(permille: 850) ? CanteenID(UInt32(random.below(2)) + 1) : nil,
      homePrices: random.chance(permille: 300) ? [2: Fen(Int64(random.below(3000)))] : [:])
    opening = (0...random.below(3)).map { number in
      TrancheBalance(
        purse: Purse.allCases[random.below(2)], tranche: TrancheID(Int64(number)),
        amount: Fen(Int64(random.below(7_000)) - (random.chance(permille: 60) ? 4_000 : 0)),
        lastSpendingDay: [nil, nil, Self.today, Self.today + 1][random.below(4)])
    }
    rulebooks = [Self.rulebook(1, &random), Self.rulebook(2, &random)]
    let canteens = (0..<terminals).map { _ in UInt32(random.below(2)) + 1 }
    places = canteens.map { canteen in
      guard random.chance(permille: 950) else { return nil }
      // By the roster, which may be an old one.
      let isOnly = canteens.count { $0 == canteen } == 1
      return TerminalPlace(
        canteen: CanteenID(canteen), isOnlyTerminal: isOnly != random.chance(permille: 100))
    }
    isFed = (0..<terminals).map { _ in random.chance(permille: 900) }
    events = (0..<random.below(28) + 4).map { _ in Self.event(terminals, &random) }
  }

  private static func event(_ terminals: Int, _ random: inout SplitMix64) -> Event {
    let terminal = random.below(terminals)
    switch random.below(100) {
    case ..<62: return .sale(terminal: terminal, price(&random))
    case ..<71: return .wait(minutes: [1, 5, 60, 240, 300, 600, 1440][random.below(7)])
    case ..<79: return .settle(terminal: terminal, allBut: random.below(3))
    case ..<87: return .cut(terminal: terminal)
    case ..<95: return .fed(terminal: terminal)
    case ..<98: return .topUp(Fen(Int64(random.below(5_000))))
    default: return .rulebook(terminal: terminal)
    }
  }

  private static func price(_ random: inout SplitMix64) -> SalePrice {
    switch random.below(10) {
    case 0: .count
    case 1: .guestMeal
    case 2...4: .mealPeriod
    default: .keyed(Fen(Int64(random.below(2_000)) - 20))
    }
  }

  private static func rulebook(_ version: Int64, _ random: inout SplitMix64) -> Rulebook {
    let alone = Int64(random.below(5_000)) + 500
    let prices: [PriceRule] = [
      PriceRule(
        period: 2, category: DinerCategory(1), isVisitor: nil,
        price: Fen(Int64(random.below(2_000)))),
      PriceRule(
        period: 3, category: nil, isVisitor: true, price: Fen(Int64(random.below(2_500)))),
    ]
    return Rulebook(
      version: version, legalBasis: "实验〔2026〕1号", utcOffsetMinutes: 480,
      mealPeriods: [
        MealPeriod(
          number: 2, name: "午餐", startMinute: 660, endMinute: 780,
          price: Fen(Int64(random.below(2_500)) + 1)),
        MealPeriod(
          number: 3, name: "晚餐", startMinute: 1020, endMinute: 1140,
          price: Fen(Int64(random.below(2_500)) + 1)),
        MealPeriod(
          number: 4, name: "夜宵", startMinute: 1320, endMinute: 60,
          price: Fen(Int64(random.below(2_500)) + 1)),
      ],
      spendOrder: random.chance(permille: 700) ? [.subsidy, .personal] : [.personal, .subsidy],
      singleLimit: Fen(10_000), salesPerMeal: random.below(4) + 1, repeatGuardSeconds: 0,
      priceRules: random.chance(permille: 500) ? prices : [],
      visitorPricing: [.hostStandard, .homeStandard, .band(ceiling: Fen(1_800))][random.below(3)],
      guestsPerMeal: random.below(3),
      dailyLimit: random.chance(permille: 200) ? Fen(Int64(random.below(8_000)) + 1) : nil,
      offline: OfflineCaps(
        home: Fen(alone + Int64(random.below(3_000))), alone: Fen(alone),
        approvals: random.below(5) + 1),
      brakes: random.chance(permille: 700)
        ? .standard
        : Brakes(
          total: Fen(Int64(random.below(9_000)) + 1_000), records: random.below(12) + 2,
          hours: random.below(48) + 1))
  }

  /// A line for people for every part.
  var lines: [String] {
    let caps = rulebooks.map {
      "rulebook \($0.version): home \($0.offline.home.value), alone \($0.offline.alone.value), "
        + "\($0.offline.approvals) approvals, meals "
        + $0.mealPeriods.map { "\($0.price.value)" }.joined(separator: ", ")
    }
    let funds = opening.map { "\($0.purse) \($0.tranche.number): \($0.amount.value)" }
    return caps + [
      "the diner: \(diner.trust), home \(diner.home.map { "\($0.number)" } ?? "none"), "
        + funds.joined(separator: ", ")
    ]
      + zip(places, isFed).enumerated().map { number, terminal in
        "terminal \(number): \(terminal.0.map { "\($0)" } ?? "nowhere")"
          + (terminal.1 ? "" : ", not fed")
      } + events.map { "\($0)" }
  }
}
