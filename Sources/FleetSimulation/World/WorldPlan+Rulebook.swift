import CanteenModel
import SeededRandom

/// The rulebooks of a world: the first, and those that follow it. Meals, groups and what a card's serial number is
/// worth stay as they are in a world; everything else may change with a version.
extension WorldPlan {
  /// Drawn from the world's seed and the version alone.
  ///
  /// - Parameter groups: Other ones than the world's; `nil`: those.
  func rulebook(version: Int64, from day: Int32, groups: PeerGrouping? = nil) -> Rulebook {
    var dice = SplitMix64(seed: seed, number: 10_000 + Int(version))
    let single: Int64 = isPlain ? 20_000 : [20_000, 6_000, 3_000, 1_800][dice.below(4)]
    let periods = meals.enumerated().map { index, meal in
      let usual: Int64 = [600, 1_500, 1_200, 800][index]
      return MealPeriod(
        number: UInt8(index + 1), name: "餐\(index + 1)", startMinute: meal.start,
        endMinute: meal.end,
        price: Fen(version == 1 || index != 1 ? usual : 1_200 + 100 * Int64(dice.below(6))))
    }
    return Rulebook(
      version: version, legalBasis: "SIM-\(version)", utcOffsetMinutes: Self.utcOffsetMinutes,
      mealPeriods: periods, spendOrder: ownFirst ? [.personal, .subsidy] : [.subsidy, .personal],
      singleLimit: Fen(single), salesPerMeal: isPlain ? 3 : 1 + dice.below(4),
      repeatGuardSeconds: [30, 30, 0, 60][isPlain ? 0 : dice.below(4)], effectiveFromDay: day,
      priceRules: isPlain ? [] : priceRules(&dice),
      visitorPricing: isPlain
        ? .hostStandard
        : [.hostStandard, .homeStandard, .band(ceiling: Fen(1_300))][dice.below(3)],
      guestsPerMeal: isPlain ? 1 : dice.below(3),
      dailyLimit: isPlain || dice.chance(permille: 600) ? nil : Fen(single + 1_500),
      market: dice.chance(permille: 200) ? nil : market(&dice),
      officialMeal: dice.chance(permille: 200) ? nil : officialMeal(&dice),
      offline: caps(version, groups ?? self.groups, &dice), brakes: brakes(&dice))
  }

  private func caps(
    _ version: Int64, _ groups: PeerGrouping, _ dice: inout SplitMix64
  ) -> OfflineCaps {
    let caps: (home: Int64, alone: Int64) =
      version == 1
      ? (4_000, 2_500) : [(4_000, 2_500), (3_000, 2_000), (5_000, 1_600)][dice.below(3)]
    return OfflineCaps(
      home: Fen(caps.home), alone: Fen(caps.alone), approvals: isPlain ? 2 : 1 + dice.below(4),
      serialTrust: serialTrust, lease: Fen(serialTrust == .anonymous ? 3_000 : 0), groups: groups)
  }

  private func priceRules(_ dice: inout SplitMix64) -> [PriceRule] {
    let categories: [DinerCategory?] = [nil, DinerCategory(0), DinerCategory(1)]
    let visitors: [Bool?] = [nil, true, false]
    return (0..<dice.below(5)).map { _ in
      PriceRule(
        period: UInt8(1 + dice.below(meals.count)), category: categories[dice.below(3)],
        isVisitor: visitors[dice.below(3)],
        price: Fen(dice.chance(permille: 100) ? 0 : dice.between(4, 16) * 100))
    }
  }

  private func market(_ dice: inout SplitMix64) -> MarketRules {
    MarketRules(
      categories: dice.chance(permille: 300)
        ? [ItemCategory(1)] : [ItemCategory(1), ItemCategory(2)],
      dailyCap: Fen(900), monthlyCap: Fen([900, 2_000, 30_000][dice.below(3)]),
      sellsUnregistered: dice.chance(permille: 500))
  }

  private func officialMeal(_ dice: inout SplitMix64) -> OfficialMealRules {
    OfficialMealRules(
      prices: [OfficialMealRules.Price(period: 2, perHead: Fen(1_500))],
      mostHeads: 2 + dice.below(6))
  }

  /// In one world in four a terminal may store little.
  private func brakes(_ dice: inout SplitMix64) -> Brakes {
    guard isTight else { return .standard }
    return Brakes(
      total: Fen(dice.between(1, 20) * 10_000), records: 40 + dice.below(400),
      hours: [6, 12, 24][dice.below(3)])
  }

  /// What is sold by its number: dishes, and goods of three categories, with and without a registered price.
  static let catalogue: [Item] = [
    Item(code: ItemCode(101), name: "菜", category: .dish, price: Fen(350), ceiling: nil),
    Item(code: ItemCode(102), name: "汤", category: .dish, price: Fen(120), ceiling: Fen(100)),
    Item(
      code: ItemCode(501), name: "米", category: ItemCategory(1), price: Fen(450),
      ceiling: Fen(450)),
    Item(
      code: ItemCode(502), name: "油", category: ItemCategory(1), price: Fen(300), ceiling: nil),
    Item(
      code: ItemCode(503), name: "盐", category: ItemCategory(2), price: Fen(150),
      ceiling: Fen(149)),
    Item(
      code: ItemCode(504), name: "糖", category: ItemCategory(2), price: Fen(75), ceiling: Fen(80)),
    Item(
      code: ItemCode(505), name: "酒", category: ItemCategory(3), price: Fen(75), ceiling: Fen(80)),
  ]
}
