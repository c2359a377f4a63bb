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

    package init(total: Fen, approvals: Int) {
      self.total = total
      self.approvals = approvals
    }
  }

  /// - Parameters:
  ///   - period: The meal period of the moment; between meals a weak credential has no meal to buy.
  ///   - brake: ``BrakeLevel/braked`` leaves everybody who may buy one standard meal in the period.
  ///   - inGroup: Whether other terminals of the canteen have the amount on disk.
  package static func allowance(
    of account: AccountView, at place: TerminalPlace?, period: MealPeriod?, rulebook: Rulebook,
    brake: BrakeLevel = .free, inGroup: Bool = false
  ) -> Allowance {
    let usual = usualAllowance(
      of: account, at: place, period: period, rulebook: rulebook, inGroup: inGroup)
    guard brake == .braked else { return usual }
    guard let period, usual.approvals > 0 else { return Allowance(total: .zero, approvals: 0) }
    let meal = Charge.mealPrice(period, for: account, at: place, rulebook)
    return Allowance(total: min(usual.total, meal), approvals: 1)
  }

  private static func usualAllowance(
    of account: AccountView, at place: TerminalPlace?, period: MealPeriod?, rulebook: Rulebook,
    inGroup: Bool
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
      let isWholeDomain = isAtHome && (inGroup || place?.isOnlyTerminal == true)
      return Allowance(total: isWholeDomain ? caps.home : caps.alone, approvals: caps.approvals)
    }
  }

  /// What an account may still buy without the centre in the period: the rest of the cap, as far as there
  /// is money.
  ///
  /// - Parameters:
  ///   - day: The local day of the moment.
  ///   - inGroup: Whether other terminals of the canteen would answer.
  /// - Throws: ``MoneyError/overflow``.
  package static func mayBuy(
    _ account: AccountView, at place: TerminalPlace?, period: MealPeriod?, rulebook: Rulebook,
    brake: BrakeLevel, on day: Int32, inGroup: Bool = false
  ) throws(MoneyError) -> Fen {
    let allowance = allowance(
      of: account, at: place, period: period, rulebook: rulebook, brake: brake, inGroup: inGroup)
    let known = try account.knownSpend()
    guard account.status == .active, known.approvals < allowance.approvals else {
      return .zero
    }
    let available = try account.available(on: day).total()
    return max(.zero, min(available, try allowance.total - known.total))
  }

  /// Whether a sale may be approved without the centre. One that costs nothing may.
  ///
  /// - Parameter known: What is known to be spent and reserved of the account in the period.
  /// - Throws: ``MoneyError/overflow``.
  package static func allows(
    _ amount: Fen, _ allowance: Allowance, after known: KnownSpend
  ) throws(MoneyError) -> Bool {
    guard amount > .zero else { return true }
    #if SEEDED_BUGS
      if SeededRuleBug.planted == .capIsIgnored { return true }
      if SeededRuleBug.planted == .approvalsAreNotCounted {
        return try known.total + amount <= allowance.total
      }
    #endif
    guard known.approvals < allowance.approvals else { return false }
    return try known.total + amount <= allowance.total
  }
}
