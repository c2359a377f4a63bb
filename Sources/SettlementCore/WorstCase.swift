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

/// Adds up the worst case of the rulebooks of a city, account by account.
package struct WorstCaseSum: Sendable {
  /// So much one terminal gives an account in a meal period, and over so many of them.
  private struct Cap: Hashable {
    let perPeriod: Fen
    let periods: Int64

    /// What so many terminals give in a period, each by itself.
    func total(_ terminals: Int64) throws(MoneyError) -> Fen { try perPeriod.times(terminals) }
  }

  /// What the terminals of a canteen give.
  private struct Caps: Hashable {
    let home: Cap
    let onlyTerminalHome: Cap
    let elsewhere: Cap
    let groups: PeerGrouping

    init(_ rulebook: Rulebook) {
      groups = rulebook.offline.groups
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

    /// What the terminals of a canteen give one of its own diners in a meal period, whatever their network
    /// does.
    func atHomeTotal(of count: Int64) throws(MoneyError) -> Fen {
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
  }

  private let city: Caps
  private let own: [CanteenID: Caps]
  private let terminalsAt: [CanteenID: Int64]
  /// How many terminals have which caps: as many rows as there are different ones.
  private var terminalsOf: [(caps: Caps, terminals: Int64)] = []
  package private(set) var result: WorstCase

  /// - Parameters:
  ///   - rulebook: Whose caps count where a canteen has none of its own.
  ///   - own: The rulebooks of canteens with rules of their own (``UnitRules``).
  ///   - canteens: Where each terminal stands; `nil` where nobody knows: everybody is a visitor there.
  package init(
    _ rulebook: Rulebook, own: [(canteen: CanteenID, rulebook: Rulebook)] = [],
    terminalsAt canteens: [CanteenID?]
  ) {
    city = Caps(rulebook)
    self.own = own.reduce(into: [:]) { caps, one in caps[one.canteen] = Caps(one.rulebook) }
    terminalsAt = canteens.reduce(into: [:]) { counts, canteen in
      if let canteen { counts[canteen, default: 0] += 1 }
    }
    result = WorstCase(terminals: canteens.count, brakeHours: rulebook.brakes.hours)
    for canteen in canteens {
      let caps = caps(at: canteen)
      if let place = terminalsOf.firstIndex(where: { $0.caps == caps }) {
        terminalsOf[place].terminals += 1
      } else {
        terminalsOf.append((caps, 1))
      }
    }
  }

  private func caps(at canteen: CanteenID?) -> Caps {
    canteen.flatMap { own[$0] } ?? city
  }

  /// Adds an account.
  ///
  /// - Parameter balance: Both purses together; a debt lends nothing.
  /// - Throws: ``MoneyError/overflow`` when the sum does not fit.
  package mutating func add(homeCanteen: CanteenID?, balance: Fen) throws(MoneyError) {
    result.accounts += 1
    guard balance > .zero else { return }
    let atHome = homeCanteen.flatMap { terminalsAt[$0] } ?? 0
    let home = caps(at: homeCanteen)
    try add(balance, home.atHomeTotal(of: atHome), home.home.periods, times: atHome)
    for (caps, terminals) in terminalsOf {
      let others = terminals - (caps == home ? atHome : 0)
      try add(balance, caps.elsewhere.total(others), caps.elsewhere.periods, times: others)
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
