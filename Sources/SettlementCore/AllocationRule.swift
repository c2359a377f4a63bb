package import CanteenModel

/// What an account is given of a tranche, and what of that pays its debts.
package enum AllocationRule {
  /// The legs that give a person an amount. What the person overspent of other subsidy while terminals were cut off is
  /// paid from it first, tranche by tranche in the order of their numbers; a debt of the diner's own money is not.
  ///
  /// - Parameters:
  ///   - amount: More than zero.
  ///   - balances: What is left of every tranche of the account; below zero is a debt.
  /// - Throws: ``MoneyError/overflow``.
  package static func legs(
    to account: AccountID, _ amount: Fen, of tranche: TrancheID, balances: [TrancheBalance]
  ) throws(MoneyError) -> [Leg] {
    var legs = [Leg(.funded(tranche), try Fen.zero - amount)]
    var rest = amount
    let debts = balances.filter { balance in
      balance.purse == .subsidy && balance.tranche != tranche && balance.amount < .zero
    }.sorted { $0.tranche < $1.tranche }
    for debt in debts where rest > .zero && recovers {
      let owed = try Fen.zero - debt.amount
      let paid = min(owed, rest)
      legs.append(Leg(.purse(account, .subsidy, debt.tranche), paid))
      rest = try rest - paid
    }
    if rest > .zero { legs.append(Leg(.purse(account, .subsidy, tranche), rest)) }
    return legs
  }

  private static var recovers: Bool {
    #if SEEDED_BUGS
      if SeededOfficeBug.planted == .debtIsNotRecovered { return false }
    #endif
    return true
  }
}
