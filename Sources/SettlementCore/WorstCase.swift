package import CanteenModel

/// What can be lost when every terminal is cut off and everybody uses every one of them: the sum over
/// accounts and terminals of `min(balance, meal periods × cap)` (ARCHITECTURE.md, Offline).
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
  }

  private let terminalsAt: [CanteenID: Int]
  private let terminals: Int
  private let home: Cap
  private let onlyTerminalHome: Cap
  private let elsewhere: Cap
  package private(set) var result: WorstCase

  /// - Parameters:
  ///   - rulebook: Whose caps count.
  ///   - canteens: Where each terminal stands; `nil` where nobody knows: everybody is a visitor there.
  package init(_ rulebook: Rulebook, terminalsAt canteens: [CanteenID?]) {
    terminals = canteens.count
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
    let atHome = homeCanteen.flatMap { terminalsAt[$0] } ?? 0
    try add(balance, atHome == 1 ? onlyTerminalHome : home, times: atHome)
    try add(balance, elsewhere, times: terminals - atHome)
  }

  private mutating func add(_ balance: Fen, _ cap: Cap, times: Int) throws(MoneyError) {
    guard cap.perPeriod > .zero, times > 0 else { return }
    let count = Int64(times)
    let once = min(balance, cap.perPeriod)
    let often = min(balance, try cap.perPeriod.times(cap.periods))
    result.perPeriod = try result.perPeriod + once.times(count)
    result.untilBrake = try result.untilBrake + often.times(count)
    result.ever = try result.ever + balance.times(count)
  }
}
