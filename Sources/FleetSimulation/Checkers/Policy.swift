import CanteenModel

/// The rules of offline approval as the documents say them, for the checkers: what one terminal that decides
/// alone may approve for one account in one meal period.
struct Policy {
  /// What a rulebook's version says, as far as the bound asks.
  struct Numbers {
    let home: Int64
    let alone: Int64
    let approvals: Int64
    /// 0 anonymous, 1 weak, 2 medium, 3 strong.
    let serialTrust: Int
    /// Whose word lets a group use ``home``: 0 nobody's, 1 one other terminal's, 2 every other one's.
    let groups: Int
    /// By the meal period's number.
    let prices: [UInt64: Int64]
    /// In minutes of the local day: none of them crosses midnight.
    let meals: [(period: UInt64, start: Int64, end: Int64)]
    let offsetMinutes: Int64
    let firstDay: Int64
    let singleLimit: Int64
    let salesPerMeal: Int64
    let guestsPerMeal: Int64
    let brakeMilliseconds: Int64
  }

  private(set) var versions: [Int64: Numbers] = [:]

  mutating func note(_ rulebook: Rulebook) {
    var prices: [UInt64: Int64] = [:]
    for period in rulebook.mealPeriods { prices[UInt64(period.number)] = period.price.value }
    versions[rulebook.version] = Numbers(
      home: rulebook.offline.home.value, alone: rulebook.offline.alone.value,
      approvals: Int64(rulebook.offline.approvals),
      serialTrust: Int(rulebook.offline.serialTrust.rawValue),
      groups: Int(rulebook.offline.groups.rawValue), prices: prices,
      meals: rulebook.mealPeriods.map {
        (UInt64($0.number), Int64($0.startMinute), Int64($0.endMinute))
      },
      offsetMinutes: Int64(rulebook.utcOffsetMinutes), firstDay: Int64(rulebook.effectiveFromDay),
      singleLimit: rulebook.singleLimit.value, salesPerMeal: Int64(rulebook.salesPerMeal),
      guestsPerMeal: Int64(rulebook.guestsPerMeal),
      brakeMilliseconds: Int64(rulebook.brakes.hours) * 3_600_000)
  }

  /// How hard a medium is to copy: cards as the rulebook rates their serial numbers, printed codes weak,
  /// faces medium. Strong cards get their line here.
  static func trust(ofMedium medium: UInt64, _ numbers: Numbers) -> Int {
    switch medium {
    case 1: numbers.serialTrust
    case 3: 1
    case 4: 2
    default: 0
    }
  }

  /// The most that may be approved, in fen and in number.
  ///
  /// - Parameters:
  ///   - isHome: Whether the terminal stands in the diner's canteen.
  ///   - isOnly: Whether it is the only one there, or all of them are meant that decide as a group.
  static func cap(
    trust: Int, isHome: Bool, isOnly: Bool, period: UInt64, _ numbers: Numbers
  ) -> (total: Int64, approvals: Int64) {
    switch trust {
    case 1:
      guard isHome, period != 0, let price = numbers.prices[period] else { return (0, 0) }
      return (price, 1)
    case 2, 3: return (isHome && isOnly ? numbers.home : numbers.alone, numbers.approvals)
    default: return (0, 0)
    }
  }

  /// The most that the terminals of a canteen may approve together, however their network breaks and heals: Lemma 1
  /// and 2 of durability-and-risk, section 3, in fen.
  ///
  /// - Parameters:
  ///   - home: What a group may approve.
  ///   - alone: What each may approve alone.
  static func bound(terminals: Int64, home: Int64, alone: Int64, groups: Int) -> Int64 {
    switch groups {
    case 0: terminals * alone
    case 1: terminals * (home + alone) / 2
    default: max(home, terminals * alone)
    }
  }
}
