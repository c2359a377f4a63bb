import CanteenModel

/// The rules of offline approval as the documents say them, for the checkers: what one terminal that decides
/// alone may approve for one account in one meal period.
struct Policy {
  /// What a rulebook's version says, as far as the bound asks.
  struct Numbers {
    let rulebook: Rulebook
    let home: Int64
    let alone: Int64
    let approvals: Int64
    /// 0 anonymous, 1 weak, 2 medium, 3 strong.
    let serialTrust: Int
    /// Whose word lets a group use ``home``: 0 nobody's, 1 one other terminal's, 2 every other one's.
    let groups: Int
    let singleLimit: Int64
    let salesPerMeal: Int64
    let guestsPerMeal: Int64
    let brakeMilliseconds: Int64

    /// The local day, and what a sale counts for, at a moment of record time.
    func moment(_ wall: Int64) -> RuledDay { RuledDay(wall, rulebook) }
  }

  /// By account: where the own unit eats, and what a price asks of the diner.
  let homes: [CanteenID?]
  let diners: [Diner]

  struct Diner {
    var category = DinerCategory.ordinary
    var homePrices: [UInt8: Fen] = [:]
  }

  init(homes: [CanteenID?], diners: [Diner] = []) {
    self.homes = homes
    self.diners = diners.isEmpty ? homes.map { _ in Diner() } : diners
  }

  /// Whether a terminal of a canteen is at home for an account, from 0 on.
  func isHome(_ account: Int, _ canteen: CanteenID) -> Bool { homes[account] == canteen }

  /// What a meal costs an account at a canteen; `nil` where none of that number is served.
  func price(of period: UInt64, for account: Int, at canteen: CanteenID, _ numbers: Numbers)
    -> Int64?
  {
    guard let meal = numbers.rulebook.mealPeriods.first(where: { UInt64($0.number) == period })
    else { return nil }
    let diner = RuledDiner(
      category: diners[account].category, isVisitor: !isHome(account, canteen),
      homePrices: diners[account].homePrices)
    return RuledPrice.ofMeal(meal, diner: diner, numbers.rulebook)
  }

  private(set) var versions: [Int64: Numbers] = [:]

  mutating func note(_ rulebook: Rulebook) {
    versions[rulebook.version] = Numbers(
      rulebook: rulebook, home: rulebook.offline.home.value, alone: rulebook.offline.alone.value,
      approvals: Int64(rulebook.offline.approvals),
      serialTrust: Int(rulebook.offline.serialTrust.rawValue),
      groups: Int(rulebook.offline.groups.rawValue),
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

  /// The most that may be approved of an account at a canteen, in fen and in number.
  ///
  /// - Parameters:
  ///   - medium: What was shown.
  ///   - isOnly: Whether the terminal is the only one there, or all of them are meant that decide as a group.
  func cap(
    _ account: Int, medium: UInt64, at canteen: CanteenID, isOnly: Bool, period: UInt64,
    _ numbers: Numbers
  ) -> (total: Int64, approvals: Int64) {
    let isHome = isHome(account, canteen)
    switch Self.trust(ofMedium: medium, numbers) {
    case 1:
      guard isHome, let price = price(of: period, for: account, at: canteen, numbers) else {
        return (0, 0)
      }
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
