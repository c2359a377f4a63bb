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
    var rest = amount
    var spends: [Spend] = []
    for purse in order {
      let payers = tranches.filter {
        $0.purse == purse && $0.amount > .zero && $0.isOpen(on: day)
      }
      for tranche in payers.sorted(by: endsBefore) where rest > .zero {
        let part = min(rest, tranche.amount)
        spends.append(Spend(purse: purse, tranche: tranche.tranche, amount: part))
        rest = try rest - part
      }
    }
    return spends
  }

  private static func endsBefore(_ left: TrancheBalance, _ right: TrancheBalance) -> Bool {
    (left.lastSpendingDay ?? .max, left.tranche) < (right.lastSpendingDay ?? .max, right.tranche)
  }
}
