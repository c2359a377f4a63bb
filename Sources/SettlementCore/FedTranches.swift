package import CanteenModel

/// What of an account's tranches a terminal is fed: never more than ``AccountSnapshot/trancheLimit``, because no
/// terminal takes a longer row, and one such row would stop its feed for ever.
package enum FedTranches {
  /// Under this name the debts of several tranches are fed as one. Nothing is paid from it, so nothing can go back to
  /// it and be spent.
  package static let debts = TrancheID(.max)

  /// One that is spent is fed until its last day has gone by everywhere, so that what goes back to it can be spent.
  ///
  /// Where there are too many, the debts of each purse become one. Of the rest those without an end go first, which
  /// are few, then what ends first: nobody misses what ends later before that is spent. What has ended comes last;
  /// it pays nothing, and is only fed so that own sales which the balance does not have yet are no debt.
  ///
  /// - Parameters:
  ///   - all: Every tranche of the account, none twice.
  ///   - day: The last local day that has gone by everywhere.
  /// - Returns: In their order, as long as all fit.
  /// - Throws: ``MoneyError/overflow``.
  package static func of(
    _ all: [TrancheBalance], after day: Int32
  ) throws(MoneyError) -> [TrancheBalance] {
    let fed = all.filter { $0.amount != .zero || $0.isOpen(on: day) }
    #if SEEDED_BUGS
      if SeededRuleBug.planted == .tranchesAreNotFolded { return fed }
    #endif
    guard fed.count > AccountSnapshot.trancheLimit else { return fed }
    var folded: [TrancheBalance] = []
    for purse in Purse.allCases {
      var owed = Fen.zero
      for tranche in fed where tranche.purse == purse && tranche.amount < .zero {
        owed = try owed + tranche.amount
      }
      guard owed < .zero else { continue }
      folded.append(
        TrancheBalance(purse: purse, tranche: debts, amount: owed, lastSpendingDay: .min))
    }
    let owned = fed.filter { $0.amount > .zero }.sorted { left, right in
      rank(left, day) < rank(right, day)
    }
    return folded + owned.prefix(AccountSnapshot.trancheLimit - folded.count)
  }

  private typealias Rank = (place: Int, day: Int64, purse: Int64, tranche: Int64)

  private static func rank(_ tranche: TrancheBalance, _ day: Int32) -> Rank {
    let (purse, number) = (tranche.purse.number, tranche.tranche.number)
    guard let last = tranche.lastSpendingDay else { return (0, 0, purse, number) }
    if tranche.isOpen(on: day) { return (1, Int64(last), purse, number) }
    // Those that ended last first: the others have been longer without sales.
    return (2, -Int64(last), purse, number)
  }
}
