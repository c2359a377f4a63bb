package import CanteenModel

/// What a unit sets for one of its canteens, laid over the city's rulebook (S35): only what is its own to set, and nothing
/// that loosens what the programme bears. What is `nil` or not named stays the city's. Rules that name nothing give the
/// canteen the city's again.
package struct UnitRules: Hashable, Sendable, Codable {
  package let canteen: CanteenID
  /// Rises by one with every change of the canteen's rules. 1 or more.
  package let revision: Int64
  /// The unit's document that the numbers rest on. Never empty (C15).
  package let legalBasis: String
  /// The first local day on which they are in force, in days since 1970-01-01.
  package let effectiveFromDay: Int32
  package let meals: [Meal]
  /// They go before the city's: the first one that fits a diner counts.
  package let prices: [PriceRule]
  package let visitorPricing: VisitorPricing?
  package let singleLimit: Fen?
  package let dailyLimit: Fen?
  package let salesPerMeal: Int?
  package let guestsPerMeal: Int?
  /// What the canteen's terminals approve without the centre (``OfflineCaps``): never more than the city's.
  package let offlineHome: Fen?
  package let offlineAlone: Fen?
  package let offlineApprovals: Int?

  /// What a unit says of one of the city's meal periods.
  package struct Meal: Hashable, Sendable, Codable {
    /// The city's number of the period.
    package let number: UInt8
    /// `false`: the canteen does not serve it.
    package let isServed: Bool
    /// Minutes after local midnight, 0...1439.
    package let startMinute: Int?
    package let endMinute: Int?
    package let price: Fen?

    package init(
      number: UInt8, isServed: Bool = true, startMinute: Int? = nil, endMinute: Int? = nil,
      price: Fen? = nil
    ) {
      self.number = number
      self.isServed = isServed
      self.startMinute = startMinute
      self.endMinute = endMinute
      self.price = price
    }
  }

  package init(
    canteen: CanteenID, revision: Int64, legalBasis: String, effectiveFromDay: Int32,
    meals: [Meal] = [], prices: [PriceRule] = [], visitorPricing: VisitorPricing? = nil,
    singleLimit: Fen? = nil, dailyLimit: Fen? = nil, salesPerMeal: Int? = nil,
    guestsPerMeal: Int? = nil, offlineHome: Fen? = nil, offlineAlone: Fen? = nil,
    offlineApprovals: Int? = nil
  ) {
    self.canteen = canteen
    self.revision = revision
    self.legalBasis = legalBasis
    self.effectiveFromDay = effectiveFromDay
    self.meals = meals
    self.prices = prices
    self.visitorPricing = visitorPricing
    self.singleLimit = singleLimit
    self.dailyLimit = dailyLimit
    self.salesPerMeal = salesPerMeal
    self.guestsPerMeal = guestsPerMeal
    self.offlineHome = offlineHome
    self.offlineAlone = offlineAlone
    self.offlineApprovals = offlineApprovals
  }

  /// Whether nothing is set.
  package var isEmpty: Bool {
    meals.isEmpty && prices.isEmpty && visitorPricing == nil && singleLimit == nil
      && dailyLimit == nil && salesPerMeal == nil && guestsPerMeal == nil && offlineHome == nil
      && offlineAlone == nil && offlineApprovals == nil
  }
}

extension UnitRules {
  /// The city's rulebook with the unit's rules laid over it. Whether they may be, ``faults(under:_:)`` says.
  package func laid(over city: Rulebook) -> Rulebook {
    let periods = city.mealPeriods.compactMap { period -> MealPeriod? in
      guard let meal = meals.first(where: { $0.number == period.number }) else { return period }
      guard meal.isServed else { return nil }
      return MealPeriod(
        number: period.number, name: period.name,
        startMinute: meal.startMinute ?? period.startMinute,
        endMinute: meal.endMinute ?? period.endMinute, price: meal.price ?? period.price)
    }
    func isServed(_ number: UInt8) -> Bool { periods.contains { $0.number == number } }
    let officialMeal = city.officialMeal.map { rules in
      OfficialMealRules(
        prices: rules.prices.filter { isServed($0.period) }, mostHeads: rules.mostHeads)
    }
    return Rulebook(
      version: city.version, legalBasis: city.legalBasis + (isEmpty ? "" : "；" + legalBasis),
      utcOffsetMinutes: city.utcOffsetMinutes, mealPeriods: periods, spendOrder: city.spendOrder,
      singleLimit: singleLimit ?? city.singleLimit, salesPerMeal: salesPerMeal ?? city.salesPerMeal,
      repeatGuardSeconds: city.repeatGuardSeconds, effectiveFromDay: city.effectiveFromDay,
      priceRules: (prices + city.priceRules).filter { isServed($0.period) },
      visitorPricing: visitorPricing ?? city.visitorPricing,
      guestsPerMeal: guestsPerMeal ?? city.guestsPerMeal, dailyLimit: dailyLimit ?? city.dailyLimit,
      market: city.market, officialMeal: officialMeal,
      offline: OfflineCaps(
        home: offlineHome ?? city.offline.home, alone: offlineAlone ?? city.offline.alone,
        approvals: offlineApprovals ?? city.offline.approvals,
        serialTrust: city.offline.serialTrust, lease: city.offline.lease,
        groups: city.offline.groups),
      brakes: city.brakes)
  }

  /// What of the rules does not fit: each line names the field, and what it may be.
  ///
  /// - Parameter bounds: What the policy of the day lets units set; `nil`: nothing.
  package func faults(under city: Rulebook, _ bounds: UnitRuleBounds?) -> [String] {
    guard !isEmpty else { return [] }
    guard let bounds else {
      return ["the policy lets units set nothing: policy, unitRules"]
    }
    var faults = mealFaults(city, bounds) + priceFaults(city, bounds) + limitFaults(city, bounds)
    guard faults.isEmpty else { return faults }
    do throws(RulebookError) {
      try laid(over: city).validate()
    } catch {
      faults.append(error.sentence)
    }
    return faults
  }

  private func mealFaults(_ city: Rulebook, _ bounds: UnitRuleBounds) -> [String] {
    var faults: [String] = []
    for (index, meal) in meals.enumerated() {
      let field = "mealPeriods, number \(meal.number)"
      guard let period = city.mealPeriods.first(where: { $0.number == meal.number }) else {
        faults.append("\(field): the city's rulebook \(city.version) has no such period")
        continue
      }
      if meals[..<index].contains(where: { $0.number == meal.number }) {
        faults.append("\(field): is there twice")
      }
      for (name, minute, own) in [
        ("start", meal.startMinute, period.startMinute), ("end", meal.endMinute, period.endMinute),
      ] {
        guard let minute else { continue }
        let apart = abs(minute - own)
        if min(apart, 1440 - apart) > bounds.mostMinutes {
          faults.append("\(field), \(name): \(bounds.mostMinutes) minutes off the city's at most")
        }
      }
      if let price = meal.price, !bounds.allows(price) {
        faults.append("\(field), price: \(bounds.priceRange)")
      }
    }
    return faults
  }

  private func priceFaults(_ city: Rulebook, _ bounds: UnitRuleBounds) -> [String] {
    var faults: [String] = []
    for (index, rule) in prices.enumerated() {
      let field = "prices[\(index)]"
      if !city.mealPeriods.contains(where: { $0.number == rule.period }) {
        faults.append("\(field), period: the city's rulebook \(city.version) has no \(rule.period)")
      }
      if !bounds.allows(rule.price) { faults.append("\(field), price: \(bounds.priceRange)") }
    }
    if visitorPricing != nil, !bounds.allowsVisitorPricing {
      faults.append("visitorPricing: is the city's to set")
    }
    return faults
  }

  private func limitFaults(_ city: Rulebook, _ bounds: UnitRuleBounds) -> [String] {
    var faults: [String] = []
    func check(_ name: String, _ value: Fen?, atMost most: Fen?) {
      guard let value, let most, value > most else { return }
      faults.append("\(name): \(most) at most, which is the city's")
    }
    check("singleLimit", singleLimit, atMost: city.singleLimit)
    check("dailyLimit", dailyLimit, atMost: city.dailyLimit)
    check("offline.home", offlineHome, atMost: city.offline.home)
    check("offline.alone", offlineAlone, atMost: city.offline.alone)
    if let approvals = offlineApprovals, approvals > city.offline.approvals {
      faults.append("offline.approvals: \(city.offline.approvals) at most, which is the city's")
    }
    if let sales = salesPerMeal, sales > bounds.mostSales {
      faults.append("salesPerMeal: \(bounds.mostSales) at most")
    }
    if let guests = guestsPerMeal, guests > bounds.mostGuests {
      faults.append("guestsPerMeal: \(bounds.mostGuests) at most")
    }
    return faults
  }
}

extension UnitRuleBounds {
  fileprivate func allows(_ price: Fen) -> Bool { price >= leastPrice && price <= mostPrice }

  fileprivate var priceRange: String { "\(leastPrice) to \(mostPrice)" }
}

extension RulebookError {
  /// What is wrong, for whoever wrote it.
  package var sentence: String {
    switch self {
    case .outOfRange(let text): text
    case .periodsOverlap(let one, let other):
      "mealPeriods \(one) and \(other) share a minute or a number: set them apart"
    case .spendOrderIncomplete: "spendOrder names subsidy and personal, each once"
    case .noLegalBasis: "legalBasis names the document that the numbers rest on"
    }
  }
}
