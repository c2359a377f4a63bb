package import CanteenModel

/// The rulebooks of one canteen, as its terminals are to be given them: the city's with what the unit laid over it, stretch
/// of days by stretch of days. Terminals see one ascending line and know nothing of who set what.
package struct CanteenLine: Hashable, Sendable {
  /// Days on which the same rules hold.
  package struct Stretch: Hashable, Sendable {
    /// The first local day, in days since 1970-01-01; today's or an earlier one for the stretch that holds now.
    package let fromDay: Int32
    /// With the city's version, which the published one does not have.
    package let rulebook: Rulebook
    /// Which of the unit's rules are in it; `nil`: none.
    package let revision: Int64?
    /// Why the unit's rules of these days are not in it; empty: they are, or there are none.
    package let suspended: [String]
  }

  /// By day, none twice; empty while the city has no rulebook.
  package let stretches: [Stretch]

  /// - Parameters:
  ///   - city: In order of version, as terminals take them: of those whose day has come the last one counts.
  ///   - unit: The canteen's own, in order of revision; the same holds.
  ///   - policies: In order of version; the same holds.
  ///   - today: The local day, in days since 1970-01-01.
  package init(
    city: [Rulebook], unit: [UnitRules], policies: [ProgrammePolicy], today: Int32
  ) {
    let days =
      (city.map(\.effectiveFromDay) + unit.map(\.effectiveFromDay)
      + policies.map(\.effectiveFromDay)).filter { $0 > today }
    var stretches: [Stretch] = []
    for day in ([today] + days).sorted() {
      guard let rulebook = city.last(where: { $0.effectiveFromDay <= day }) else { continue }
      let policy = policies.last { $0.effectiveFromDay <= day }
      let rules = unit.last { $0.effectiveFromDay <= day }
      let stretch = Self.stretch(day, rulebook, rules, policy?.unitRules, today: today)
      guard stretches.last?.isSame(as: stretch) != true else { continue }
      stretches.append(stretch)
    }
    self.stretches = stretches
  }

  private static func stretch(
    _ day: Int32, _ city: Rulebook, _ rules: UnitRules?, _ bounds: UnitRuleBounds?, today: Int32
  ) -> Stretch {
    // What holds already has begun when the later of the two did.
    let begun = max(city.effectiveFromDay, rules?.effectiveFromDay ?? 0)
    let from = day == today ? begun : day
    guard let rules, !rules.isEmpty else {
      return Stretch(fromDay: from, rulebook: city, revision: nil, suspended: [])
    }
    var faults = rules.faults(under: city, bounds)
    #if SEEDED_BUGS
      if SeededRuleLineBug.planted == .boundsNotAskedAgain { faults = [] }
    #endif
    guard faults.isEmpty else {
      return Stretch(fromDay: from, rulebook: city, revision: nil, suspended: faults)
    }
    return Stretch(
      fromDay: from, rulebook: rules.laid(over: city), revision: rules.revision, suspended: [])
  }

  /// What holds on a day; `nil` before the city's first rulebook.
  package func stretch(on day: Int32) -> Stretch? {
    stretches.last { $0.fromDay <= day }
  }
}

extension CanteenLine.Stretch {
  fileprivate func isSame(as other: Self) -> Bool {
    rulebook.hasSameRules(as: other.rulebook) && revision == other.revision
      && suspended == other.suspended
  }
}

extension Rulebook {
  /// The same rules under another version and from another day on.
  package func published(as version: Int64, from day: Int32) -> Rulebook {
    Rulebook(
      version: version, legalBasis: legalBasis, utcOffsetMinutes: utcOffsetMinutes,
      mealPeriods: mealPeriods, spendOrder: spendOrder, singleLimit: singleLimit,
      salesPerMeal: salesPerMeal, repeatGuardSeconds: repeatGuardSeconds, effectiveFromDay: day,
      priceRules: priceRules, visitorPricing: visitorPricing, guestsPerMeal: guestsPerMeal,
      dailyLimit: dailyLimit, market: market, officialMeal: officialMeal, offline: offline,
      brakes: brakes)
  }

  /// Whether both say the same, whatever their versions and days are.
  package func hasSameRules(as other: Rulebook) -> Bool {
    published(as: 1, from: 0) == other.published(as: 1, from: 0)
  }
}

#if SEEDED_BUGS
  /// A mistake that somebody could make in the rules of canteens, planted so that a test can show that it is found. Debug
  /// builds only.
  package enum SeededRuleLineBug: String, CaseIterable, Sendable {
    /// A unit's rules stay in force when the city or the Bureau leaves them no room.
    case boundsNotAskedAgain
    /// A terminal of a canteen with rules of its own is given the city's.
    case cityLineForAll
    /// The city's new rulebook reaches only canteens that have no rules of their own.
    case notLaidAgain

    /// The bug that lines and books have in this task.
    @TaskLocal package static var planted: SeededRuleLineBug?
  }
#endif
