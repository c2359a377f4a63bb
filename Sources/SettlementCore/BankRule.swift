package import CanteenModel

/// Whose account stands at the other end of a line of the bank.
package enum BankCounterparty: Hashable, Sendable {
  case own(BankAccount)
  case unit(UnitID)
  /// The main account of a diner (S29).
  case diner(AccountID)
  case caterer(CatererID)
  case stranger
}

/// Against which account of the ledger a line of the bank is booked.
package enum BankRule {
  /// - Parameters:
  ///   - incoming: Whether money came in.
  ///   - tranche: What the line says that it pays, when it is one of the unit's; `nil` when it says nothing, or too much.
  ///   - path: Over which accounts units pay (C5).
  /// - Returns: ``LedgerAccount/unmatched(_:)`` for what people must look at: nothing is guessed.
  package static func account(
    of account: BankAccount, incoming: Bool, counterparty: BankCounterparty, tranche: TrancheID?,
    path: ProgrammePolicy.FundPath
  ) -> LedgerAccount {
    #if SEEDED_BUGS
      if SeededOfficeBug.planted == .bankLineIsGuessed, incoming, let tranche {
        return .funded(tranche)
      }
    #endif
    switch (account, incoming, counterparty) {
    case (.bureau, true, .unit) where path == .viaBureau,
      (.income, true, .unit) where path != .viaBureau:
      return tranche.map { .funded($0) } ?? .unmatched(account)
    case (.income, true, .diner(let diner)): return .purse(diner, .personal, .none)
    case (.spending, false, .caterer(let caterer)): return .ordered(caterer)
    case (_, _, .own(let other)):
      let ends = incoming ? (other, account) : (account, other)
      let hop = BankHop.allCases.first { ($0.from, $0.to) == ends }
      return hop.map { .transit($0) } ?? .unmatched(account)
    default: return .unmatched(account)
    }
  }

  /// The two sides of a line.
  ///
  /// - Parameter amount: More than zero: it came in.
  /// - Throws: ``MoneyError/overflow``.
  package static func legs(
    of account: BankAccount, _ amount: Fen, against other: LedgerAccount
  ) throws(MoneyError) -> [Leg] {
    [Leg(.bank(account), try Fen.zero - amount), Leg(other, amount)]
  }
}
