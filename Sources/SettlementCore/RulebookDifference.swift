package import CanteenModel

/// What is different between two rulebooks, for whoever decides on the new one.
package enum RulebookDifference {
  /// One line for each field that differs: its name, what it was, and what it will be; `-` where it is not there. Version
  /// and legal basis are not among them.
  ///
  /// - Parameter old: `nil`: none was in force.
  package static func lines(from old: Rulebook?, to new: Rulebook) -> [String] {
    let (before, after) = (old.map(facts) ?? [], facts(of: new))
    var lines: [String] = []
    for (name, value) in after {
      let was = before.first { $0.name == name }?.value
      if was != value { lines.append("\(name): \(was ?? "-") → \(value)") }
    }
    for (name, value) in before where !after.contains(where: { $0.name == name }) {
      lines.append("\(name): \(value) → -")
    }
    return lines
  }

  private typealias Fact = (name: String, value: String)

  /// Every field with its value in words; no name twice.
  private static func facts(of rules: Rulebook) -> [Fact] {
    var facts: [Fact] = []
    for period in rules.mealPeriods {
      let field = "mealPeriods \(period.number)"
      facts += [
        ("\(field) name", period.name),
        ("\(field) time", "\(clock(period.startMinute))–\(clock(period.endMinute))"),
        ("\(field) price", "\(period.price)"),
      ]
    }
    for rule in rules.priceRules {
      let whom =
        (rule.category.map { "category \($0.number)" } ?? "everybody")
        + (rule.isVisitor.map { $0 ? ", visitors" : ", own people" } ?? "")
      let name = "prices \(rule.period), \(whom)"
      // The first rule that fits counts, so a second one of the same name says nothing.
      if !facts.contains(where: { $0.name == name }) { facts.append((name, "\(rule.price)")) }
    }
    facts += [
      ("spendOrder", rules.spendOrder.map { "\($0)" }.joined(separator: ", ")),
      ("singleLimit", "\(rules.singleLimit)"),
      ("dailyLimit", rules.dailyLimit.map { "\($0)" } ?? "none"),
      ("salesPerMeal", "\(rules.salesPerMeal)"), ("guestsPerMeal", "\(rules.guestsPerMeal)"),
      ("repeatGuardSeconds", "\(rules.repeatGuardSeconds)"),
      ("visitorPricing", words(rules.visitorPricing)),
      ("utcOffsetMinutes", "\(rules.utcOffsetMinutes)"),
    ]
    facts += marketFacts(rules.market) + mealFacts(rules.officialMeal)
    return facts + [
      ("offline.home", "\(rules.offline.home)"), ("offline.alone", "\(rules.offline.alone)"),
      ("offline.approvals", "\(rules.offline.approvals)"),
      ("offline.serialTrust", "\(rules.offline.serialTrust)"),
      ("offline.lease", "\(rules.offline.lease)"), ("offline.groups", "\(rules.offline.groups)"),
      ("brakes.total", "\(rules.brakes.total)"), ("brakes.records", "\(rules.brakes.records)"),
      ("brakes.hours", "\(rules.brakes.hours)"),
    ]
  }

  private static func marketFacts(_ market: MarketRules?) -> [Fact] {
    guard let market else { return [("market", "no sales")] }
    return [
      ("market.categories", market.categories.map { "\($0.number)" }.joined(separator: ", ")),
      ("market.dailyCap", "\(market.dailyCap)"), ("market.monthlyCap", "\(market.monthlyCap)"),
      ("market.sellsUnregistered", market.sellsUnregistered ? "yes" : "no"),
    ]
  }

  private static func mealFacts(_ meals: OfficialMealRules?) -> [Fact] {
    guard let meals else { return [("officialMeal", "none")] }
    return meals.prices.map { ("officialMeal \($0.period) perHead", "\($0.perHead)") }
      + [("officialMeal.mostHeads", "\(meals.mostHeads)")]
  }

  private static func words(_ pricing: VisitorPricing) -> String {
    switch pricing {
    case .hostStandard: "host"
    case .homeStandard: "home"
    case .band(let ceiling): "band up to \(ceiling)"
    }
  }

  /// As in 11:05.
  private static func clock(_ minute: Int) -> String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(two(minute / 60)):\(two(minute % 60))"
  }
}
