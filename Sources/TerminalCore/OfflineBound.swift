package import CanteenModel

/// How much a terminal may approve without asking anybody; what the centre set aside (``Coverage``) does
/// not count.
///
/// The loss on one account is at most the sum over the terminals that decide alone of
/// `min(cached balance, meal periods × cap)`: each keeps to its own cap in the transaction that writes
/// the sale, so no assumption on clocks, messages or order is needed. Source: ARCHITECTURE.md, Offline.
package enum OfflineBound {
  /// The most that an account may be approved in one meal period, with everything approved in it
  /// before.
  package struct Allowance: Hashable, Sendable {
    package let total: Fen
    package let approvals: Int
  }

  /// - Parameters:
  ///   - period: The meal period of the moment; between meals a weak credential has no meal to buy.
  ///   - brake: ``BrakeLevel/braked`` leaves everybody who may buy one standard meal in the period.
  package static func allowance(
    of account: AccountView, at place: TerminalPlace?, period: MealPeriod?, rulebook: Rulebook,
    brake: BrakeLevel = .free
  ) -> Allowance {
    let usual = usualAllowance(of: account, at: place, period: period, rulebook: rulebook)
    guard brake == .braked else { return usual }
    guard let period, usual.approvals > 0 else { return Allowance(total: .zero, approvals: 0) }
    let meal = Charge.mealPrice(period, for: account, at: place, rulebook)
    return Allowance(total: min(usual.total, meal), approvals: 1)
  }

  private static func usualAllowance(
    of account: AccountView, at place: TerminalPlace?, period: MealPeriod?, rulebook: Rulebook
  ) -> Allowance {
    let caps = rulebook.offline
    let isAtHome = !account.isVisitor(at: place)
    #if SEEDED_BUGS
      if SeededRuleBug.planted == .weakIsMedium, account.trust == .weak {
        return Allowance(total: caps.alone, approvals: caps.approvals)
      }
      if SeededRuleBug.planted == .everyTerminalIsTheOnlyOne, account.trust > .weak {
        return Allowance(total: caps.home, approvals: caps.approvals)
      }
    #endif
    switch account.trust {
    case .anonymous:
      return Allowance(total: .zero, approvals: 0)
    case .weak:
      guard isAtHome, let period else { return Allowance(total: .zero, approvals: 0) }
      let price = Charge.mealPrice(period, for: account, at: place, rulebook)
      return Allowance(total: price, approvals: 1)
    case .medium, .strong:
      let isWholeDomain = isAtHome && place?.isOnlyTerminal == true
      return Allowance(total: isWholeDomain ? caps.home : caps.alone, approvals: caps.approvals)
    }
  }

  /// What an account may still buy alone in the period: the rest of the cap, as far as there is money.
  ///
  /// - Parameter day: The local day of the moment.
  /// - Throws: ``MoneyError/overflow``.
  package static func mayBuy(
    _ account: AccountView, at place: TerminalPlace?, period: MealPeriod?, rulebook: Rulebook,
    brake: BrakeLevel, on day: Int32
  ) throws(MoneyError) -> Fen {
    let allowance = allowance(
      of: account, at: place, period: period, rulebook: rulebook, brake: brake)
    let counters = account.counters
    guard account.status == .active, counters.aloneApprovals < allowance.approvals else {
      return .zero
    }
    let available = try account.available(on: day).total()
    return max(.zero, min(available, try allowance.total - counters.aloneTotal))
  }

  /// Whether a sale may be approved alone. One that costs nothing may.
  ///
  /// - Throws: ``MoneyError/overflow``.
  package static func allows(
    _ amount: Fen, _ allowance: Allowance, after counters: AccountCounters
  ) throws(MoneyError) -> Bool {
    guard amount > .zero else { return true }
    #if SEEDED_BUGS
      if SeededRuleBug.planted == .capIsIgnored { return true }
      if SeededRuleBug.planted == .approvalsAreNotCounted {
        return try counters.aloneTotal + amount <= allowance.total
      }
    #endif
    guard counters.aloneApprovals < allowance.approvals else { return false }
    return try counters.aloneTotal + amount <= allowance.total
  }
}
