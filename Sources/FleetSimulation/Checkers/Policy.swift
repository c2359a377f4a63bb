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
    /// By the meal period's number.
    let prices: [UInt64: Int64]
  }

  private(set) var versions: [Int64: Numbers] = [:]

  mutating func note(_ rulebook: Rulebook) {
    var prices: [UInt64: Int64] = [:]
    for period in rulebook.mealPeriods { prices[UInt64(period.number)] = period.price.value }
    versions[rulebook.version] = Numbers(
      home: rulebook.offline.home.value, alone: rulebook.offline.alone.value,
      approvals: Int64(rulebook.offline.approvals),
      serialTrust: Int(rulebook.offline.serialTrust.rawValue), prices: prices)
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
  ///   - isOnly: Whether it is the only one there. LAN groups get their own line here.
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
}
