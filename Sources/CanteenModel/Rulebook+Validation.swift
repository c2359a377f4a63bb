/// Why a rulebook is refused. It is refused whole, and the one before it stays in force.
package enum RulebookError: Error, Equatable, Sendable {
  /// A number is outside of its range; the text names the field and the range.
  case outOfRange(String)
  /// Two meal periods share a minute or a number.
  case periodsOverlap(UInt8, UInt8)
  /// The spend order does not name each purse once (C3).
  case spendOrderIncomplete
  /// No document is named that the numbers rest on (C15).
  case noLegalBasis
}

extension Rulebook {
  /// Checks every range and that no two meal periods overlap.
  package func validate() throws(RulebookError) {
    guard version >= 1 else { throw .outOfRange("version: 1 or more") }
    guard !legalBasis.isEmpty else { throw .noLegalBasis }
    guard (-720...840).contains(utcOffsetMinutes) else {
      throw .outOfRange("utcOffsetMinutes: -720 to 840")
    }
    guard spendOrder.count == Purse.allCases.count, Set(spendOrder).count == spendOrder.count else {
      throw .spendOrderIncomplete
    }
    guard singleLimit > .zero, singleLimit <= Fen(10_000_000) else {
      throw .outOfRange("singleLimit: more than 0, at most ¥100,000.00")
    }
    guard (1...1000).contains(salesPerMeal) else { throw .outOfRange("salesPerMeal: 1 to 1000") }
    guard (0...600).contains(repeatGuardSeconds) else {
      throw .outOfRange("repeatGuardSeconds: 0 to 600")
    }
    try validateMealPeriods()
    try validatePrices()
    try validateOfficialMeal()
    try validateCaps()
  }

  private func validateOfficialMeal() throws(RulebookError) {
    guard let officialMeal else { return }
    guard OfficialMealRules.headRange.contains(officialMeal.mostHeads) else {
      throw .outOfRange("officialMeal.mostHeads: 1 to 1000")
    }
    for (index, price) in officialMeal.prices.enumerated() {
      guard mealPeriods.contains(where: { $0.number == price.period }),
        !officialMeal.prices[..<index].contains(where: { $0.period == price.period })
      else { throw .outOfRange("officialMeal.prices.period: one of mealPeriods, none twice") }
      guard price.perHead > .zero, price.perHead <= singleLimit else {
        throw .outOfRange("officialMeal.prices.perHead: more than 0, at most singleLimit")
      }
    }
  }

  private func validatePrices() throws(RulebookError) {
    guard priceRules.count <= Self.priceRuleLimit else {
      throw .outOfRange("priceRules: at most \(Self.priceRuleLimit)")
    }
    for rule in priceRules {
      guard mealPeriods.contains(where: { $0.number == rule.period }) else {
        throw .outOfRange("priceRules.period: one of mealPeriods")
      }
      guard rule.price >= .zero, rule.price <= singleLimit else {
        throw .outOfRange("priceRules.price: 0 to singleLimit")
      }
    }
    if case .band(let ceiling) = visitorPricing {
      guard ceiling > .zero, ceiling <= singleLimit else {
        throw .outOfRange("visitorPricing.ceiling: more than 0, at most singleLimit")
      }
    }
    guard (0...100).contains(guestsPerMeal) else { throw .outOfRange("guestsPerMeal: 0 to 100") }
  }

  private func validateCaps() throws(RulebookError) {
    if let dailyLimit, dailyLimit < singleLimit {
      throw .outOfRange("dailyLimit: singleLimit or more")
    }
    if let market {
      guard !market.categories.contains(.dish) else {
        throw .outOfRange("market.categories: 1 or more; 0 is the kitchen's")
      }
      guard market.dailyCap > .zero, market.monthlyCap >= market.dailyCap else {
        throw .outOfRange("market: dailyCap more than 0, monthlyCap dailyCap or more")
      }
    }
    guard offline.alone > .zero, offline.home >= offline.alone, offline.home <= Fen(10_000_000)
    else {
      throw .outOfRange("offline: alone more than 0, home alone or more, at most ¥100,000.00")
    }
    guard (1...100).contains(offline.approvals) else {
      throw .outOfRange("offline.approvals: 1 to 100")
    }
    guard offline.serialTrust <= .medium else {
      throw .outOfRange("offline.serialTrust: anonymous, weak or medium")
    }
    guard offline.lease >= .zero, offline.lease <= HoldRequest.largest else {
      throw .outOfRange("offline.lease: 0 to ¥100,000.00")
    }
    guard brakes.total > .zero, (1...10_000_000).contains(brakes.records),
      (1...8_760).contains(brakes.hours)
    else {
      throw .outOfRange("brakes: total more than 0, records 1 to 10,000,000, hours 1 to 8760")
    }
  }

  private func validateMealPeriods() throws(RulebookError) {
    guard (1...24).contains(mealPeriods.count) else { throw .outOfRange("mealPeriods: 1 to 24") }
    let minutesOfDay = 0..<1440
    for (index, period) in mealPeriods.enumerated() {
      guard period.number >= 1 else { throw .outOfRange("mealPeriods.number: 1 or more") }
      guard minutesOfDay.contains(period.startMinute), minutesOfDay.contains(period.endMinute),
        period.startMinute != period.endMinute
      else { throw .outOfRange("mealPeriods.start, end: two different minutes of a day") }
      guard period.price > .zero, period.price <= singleLimit else {
        throw .outOfRange("mealPeriods.price: more than 0, at most singleLimit")
      }
      for other in mealPeriods[..<index] {
        let isShared = minutesOfDay.contains {
          period.contains(minute: $0) && other.contains(minute: $0)
        }
        guard !isShared, period.number != other.number else {
          throw .periodsOverlap(other.number, period.number)
        }
      }
    }
  }
}
