package import CanteenModel

/// What can be lost when every terminal is cut off and everybody uses every one of them: the sum over
/// accounts and terminals of `min(balance, meal periods × cap)` (ARCHITECTURE.md, Offline). Where terminals
/// of a canteen reserve with one another, what they approve together for its own diners is bounded by
/// Lemma 1 or 2 there (Groups).
package struct WorstCase: Hashable, Sendable, Codable {
  /// Within one meal period.
  package fileprivate(set) var perPeriod = Fen.zero
  /// Until the brake, in the hours that the rulebook gives a terminal without the centre.
  package fileprivate(set) var untilBrake = Fen.zero
  /// However long it lasts: a terminal never approves more than the balance that it was fed.
  package fileprivate(set) var ever = Fen.zero
  package fileprivate(set) var accounts = 0
  package let terminals: Int
  package let brakeHours: Int

  fileprivate init(terminals: Int, brakeHours: Int) {
    self.terminals = terminals
    self.brakeHours = brakeHours
  }
}

/// Adds up the worst case of a rulebook, account by account.
package struct WorstCaseSum: Sendable {
  /// So much one terminal gives an account in a meal period, and over so many of them.
  private struct Cap {
    let perPeriod: Fen
    let periods: Int64

    /// What so many terminals give in a period, each by itself.
    func total(_ terminals: Int64) throws(MoneyError) -> Fen { try perPeriod.times(terminals) }
  }

  private let terminalsAt: [CanteenID: Int]
  private let terminals: Int
  private let home: Cap
  private let onlyTerminalHome: Cap
  private let elsewhere: Cap
  private let groups: PeerGrouping
  package private(set) var result: WorstCase

  /// - Parameters:
  ///   - rulebook: Whose caps count.
  ///   - canteens: Where each terminal stands; `nil` where nobody knows: everybody is a visitor there.
  package init(_ rulebook: Rulebook, terminalsAt canteens: [CanteenID?]) {
    terminals = canteens.count
    groups = rulebook.offline.groups
    terminalsAt = canteens.reduce(into: [:]) { counts, canteen in
      if let canteen { counts[canteen, default: 0] += 1 }
    }
    result = WorstCase(terminals: canteens.count, brakeHours: rulebook.brakes.hours)
    // An outage of whole days still touches one day more than it lasts.
    let days = Int64((rulebook.brakes.hours + 23) / 24 + 1)
    let meals = Int64(rulebook.mealPeriods.count)
    switch rulebook.offline.serialTrust {
    case .anonymous:
      let nothing = Cap(perPeriod: .zero, periods: 0)
      (home, onlyTerminalHome, elsewhere) = (nothing, nothing, nothing)
    case .weak:
      // One standard meal in each period, at home only: the dearest that anybody pays.
      let prices = rulebook.mealPeriods.map(\.price) + rulebook.priceRules.map(\.price)
      home = Cap(perPeriod: prices.max() ?? .zero, periods: meals * days)
      onlyTerminalHome = home
      elsewhere = Cap(perPeriod: .zero, periods: 0)
    case .medium, .strong:
      // The time between meals counts as a period of its own.
      let periods = (meals + 1) * days
      home = Cap(perPeriod: rulebook.offline.alone, periods: periods)
      onlyTerminalHome = Cap(perPeriod: rulebook.offline.home, periods: periods)
      elsewhere = home
    }
  }

  /// Adds an account.
  ///
  /// - Parameter balance: Both purses together; a debt lends nothing.
  /// - Throws: ``MoneyError/overflow`` when the sum does not fit.
  package mutating func add(homeCanteen: CanteenID?, balance: Fen) throws(MoneyError) {
    result.accounts += 1
    guard balance > .zero else { return }
    let atHome = Int64(homeCanteen.flatMap { terminalsAt[$0] } ?? 0)
    let others = Int64(terminals) - atHome
    try add(balance, atHomeTotal(of: atHome), home.periods, times: atHome)
    try add(balance, elsewhere.total(others), elsewhere.periods, times: others)
  }

  /// What the terminals of a canteen give one of its own diners in a meal period, whatever their network
  /// does.
  private func atHomeTotal(of count: Int64) throws(MoneyError) -> Fen {
    if count == 1 { return onlyTerminalHome.perPeriod }
    let apart = try home.total(count)
    switch groups {
    case .none: return apart
    // Lemma 2: what a group approves is known first-hand to two.
    case .any:
      return Fen(try (apart + onlyTerminalHome.total(count)).value / 2)
    // Lemma 1: what a group approves is known to all.
    case .whole: return count == 0 ? .zero : max(onlyTerminalHome.perPeriod, apart)
    }
  }

  /// - Parameter perPeriod: What all of the terminals together give in a period.
  private mutating func add(
    _ balance: Fen, _ perPeriod: Fen, _ periods: Int64, times count: Int64
  ) throws(MoneyError) {
    guard perPeriod > .zero else { return }
    let most = try balance.times(count)
    result.perPeriod = try result.perPeriod + min(most, perPeriod)
    result.untilBrake = try result.untilBrake + min(most, perPeriod.times(periods))
    result.ever = try result.ever + most
  }
}
