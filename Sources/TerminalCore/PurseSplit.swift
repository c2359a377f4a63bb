package import CanteenModel

/// Takes an amount from the tranches of an account.
package enum PurseSplit {
  /// Which tranche pays what, in the purse order of the rulebook (C3); within a purse the tranche that
  /// ends first pays first (S13), then the older one.
  ///
  /// A debt counts against the rest: what is owed cannot be spent a second time. Tranches past their
  /// last spending day pay nothing (C14).
  ///
  /// - Parameters:
  ///   - amount: 0 or more.
  ///   - day: The local day of the sale.
  /// - Returns: `nil` when there is not enough.
  /// - Throws: ``MoneyError/overflow``.
  package static func spends(
    of amount: Fen, from tranches: [TrancheBalance], order: [Purse], on day: Int32
  ) throws(MoneyError) -> [Spend]? {
    #if SEEDED_BUGS
      let day = SeededRuleBug.planted == .endedTrancheIsSpent ? Int32.min + 1 : day
    #endif
    var (open, debt) = (Fen.zero, Fen.zero)
    for tranche in tranches {
      if tranche.amount < .zero {
        debt = try debt - tranche.amount
      } else if tranche.isOpen(on: day) {
        open = try open + tranche.amount
      }
    }
    #if SEEDED_BUGS
      if SeededRuleBug.planted == .debtIsForgotten { debt = .zero }
    #endif
    guard try amount + debt <= open else { return nil }
    return try parts(of: amount, from: tranches, order: order, on: day).spends
  }

  /// What is left of tranches when others have taken an amount of them, each as ``spends(of:from:order:on:)``
  /// takes it. What is more than there is becomes a debt, which counts against everything.
  ///
  /// - Parameter amount: 0 or more.
  /// - Throws: ``MoneyError/overflow``.
  package static func rest(
    of tranches: [TrancheBalance], without amount: Fen, order: [Purse], on day: Int32
  ) throws(MoneyError) -> [TrancheBalance] {
    let (spends, missing) = try parts(of: amount, from: tranches, order: order, on: day)
    var rest = tranches
    for place in rest.indices {
      let taken = spends.first {
        $0.purse == rest[place].purse && $0.tranche == rest[place].tranche
      }
      if let taken { rest[place].amount = try rest[place].amount - taken.amount }
    }
    if missing > .zero {
      rest.append(
        TrancheBalance(
          purse: order.first ?? .personal, tranche: .none, amount: try Fen.zero - missing,
          lastSpendingDay: .min))
    }
    return rest
  }

  private static func parts(
    of amount: Fen, from tranches: [TrancheBalance], order: [Purse], on day: Int32
  ) throws(MoneyError) -> (spends: [Spend], missing: Fen) {
    var missing = amount
    var spends: [Spend] = []
    for purse in order {
      let payers = tranches.filter {
        $0.purse == purse && $0.amount > .zero && $0.isOpen(on: day)
      }
      for tranche in payers.sorted(by: endsBefore) where missing > .zero {
        let part = min(missing, tranche.amount)
        spends.append(Spend(purse: purse, tranche: tranche.tranche, amount: part))
        missing = try missing - part
      }
    }
    return (spends, missing)
  }

  private static func endsBefore(_ left: TrancheBalance, _ right: TrancheBalance) -> Bool {
    (left.lastSpendingDay ?? .max, left.tranche) < (right.lastSpendingDay ?? .max, right.tranche)
  }
}
