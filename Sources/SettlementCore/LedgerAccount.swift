package import CanteenModel

/// An account of the centre's double-entry ledger.
///
/// A positive amount is money that the centre owes to the holder, so that a diner's balance is the
/// sum of the legs on the purse, and every entry's legs sum to zero.
package enum LedgerAccount: Hashable, Sendable {
  /// What a diner may spend (S29). Negative after an offline overspend: a debt, not an error.
  /// Each tranche stands for itself, so that what is left of it can go back to where it came from (C1).
  case purse(AccountID, Purse, TrancheID)
  /// What a canteen earned and is still to be paid (S30), by terminal until operators are known.
  case payable(TerminalID)
  /// Where imported opening balances come from. Its sum is minus everything that was imported.
  case openingFunding
  /// What was sold and cannot be charged to anybody yet. Negative: the programme is out of pocket.
  case suspense

  /// How the books name it, in the form of `purse:17:subsidy:4`, `payable:terminal:3`,
  /// `funding:import` and `suspense`. Stored; it never changes.
  package var key: String {
    switch self {
    case .purse(let account, let purse, let tranche):
      "purse:\(account.number):\(purse.rawValue):\(tranche.number)"
    case .payable(let terminal): "payable:terminal:\(terminal.number)"
    case .openingFunding: "funding:import"
    case .suspense: "suspense"
    }
  }

  /// Reads a key.
  ///
  /// - Returns: `nil` unless ``key`` gives exactly this text back.
  package init?(key: String) {
    let parts = key.split(separator: ":", omittingEmptySubsequences: false)
    switch (parts.first, parts.count) {
    case ("purse", 4):
      guard let number = Int64(parts[1]), let purse = Purse(rawValue: String(parts[2])),
        let tranche = Int64(parts[3])
      else { return nil }
      self = .purse(AccountID(number), purse, TrancheID(tranche))
    case ("payable", 3):
      guard let number = UInt32(parts[2]) else { return nil }
      self = .payable(TerminalID(number))
    case ("funding", 2): self = .openingFunding
    case ("suspense", 1): self = .suspense
    default: return nil
    }
    guard self.key == key else { return nil }
  }
}

/// One side of an entry: so much to this account.
package struct Leg: Hashable, Sendable {
  package let account: LedgerAccount
  /// Added to what the centre owes to the holder. Never zero.
  package let amount: Fen

  /// - Precondition: The amount is not zero; a leg without money says nothing.
  package init(_ account: LedgerAccount, _ amount: Fen) {
    precondition(amount != .zero, "a leg moves money")
    self.account = account
    self.amount = amount
  }
}
