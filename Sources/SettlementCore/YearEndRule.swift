package import CanteenModel

/// What a run over a year takes from a tranche of that year (S13, C14).
package enum YearEndRule {
  /// - Parameters:
  ///   - left: What is left of the tranche; below zero when more was spent than is there.
  ///   - taken: What earlier runs took of it.
  /// - Returns: What this run takes: all that is left. Below zero: what it gives back, because a sale of the year was
  ///   handed in after the tranche was emptied. Never more than was taken: what goes beyond is the person's debt.
  /// - Throws: ``MoneyError/overflow``.
  package static func amount(left: Fen, taken: Fen) throws(MoneyError) -> Fen {
    guard left < .zero else { return left }
    #if SEEDED_BUGS
      if SeededOfficeBug.planted == .lateSaleIsADebt { return .zero }
    #endif
    guard taken > .zero else { return .zero }
    return max(left, try Fen.zero - taken)
  }

  /// Where it goes.
  package static func account(
    for destination: ProgrammePolicy.ResidualDestination, of unit: UnitID
  ) -> LedgerAccount {
    switch destination {
    case .unit: .returned(unit)
    case .treasury: .treasury
    case .treasuryClaimable: .claimable(unit)
    }
  }
}
