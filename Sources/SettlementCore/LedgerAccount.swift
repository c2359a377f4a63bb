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
  /// One of the programme's accounts at the bank (S28, S30). Negative: so much is there.
  case bank(BankAccount)
  /// Money that left one of the programme's accounts and has not come in at the other one. Zero when every hop is
  /// whole.
  case transit(BankHop)
  /// Money that came in and of which nobody has said yet what it is for.
  case unmatched(BankAccount)
  /// What a unit paid for a quarter and its people were not given yet. Negative: they were given it in advance (C9).
  case funded(TrancheID)
  /// What a caterer is to be paid by approved statements (S18), until a payment is ordered.
  case owed(CatererID)
  /// What the bank was asked to pay to a caterer and has not paid yet. Negative: it paid more than that.
  case ordered(CatererID)
  /// What the system's manager keeps (S19).
  case fee
  /// What a unit's evaluation took from its canteens' statements (S17).
  case withheld(UnitID)
  /// Subsidy of a closed year that goes back to its unit (C1).
  case returned(UnitID)
  /// Subsidy of a closed year that goes to the city's treasury (C1).
  case treasury
  /// The same where the unit may claim it (C1, S42).
  case claimable(UnitID)

  /// How the books name it, in the form of `purse:17:subsidy:4`, `payable:terminal:3`,
  /// `funding:import` and `suspense`. Stored; it never changes.
  package var key: String {
    switch self {
    case .purse(let account, let purse, let tranche):
      "purse:\(account.number):\(purse.rawValue):\(tranche.number)"
    case .payable(let terminal): "payable:terminal:\(terminal.number)"
    case .openingFunding: "funding:import"
    case .suspense: "suspense"
    case .bank(let account): "bank:\(account.rawValue)"
    case .transit(let hop): "transit:\(hop.rawValue)"
    case .unmatched(let account): "unmatched:\(account.rawValue)"
    case .funded(let tranche): "funded:\(tranche.number)"
    case .owed(let caterer): "owed:\(caterer)"
    case .ordered(let caterer): "ordered:\(caterer)"
    case .fee: "fee"
    case .withheld(let unit): "withheld:\(unit)"
    case .returned(let unit): "returned:\(unit)"
    case .treasury: "treasury"
    case .claimable(let unit): "claimable:\(unit)"
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
    case ("fee", 1): self = .fee
    case ("treasury", 1): self = .treasury
    case (let kind?, 2):
      guard let account = Self.ofOffice(kind, String(parts[1])) else { return nil }
      self = account
    default: return nil
    }
    guard self.key == key else { return nil }
  }
}

extension LedgerAccount {
  private static func ofOffice(_ kind: Substring, _ name: String) -> LedgerAccount? {
    switch kind {
    case "bank": BankAccount(rawValue: name).map { .bank($0) }
    case "transit": BankHop(rawValue: name).map { .transit($0) }
    case "unmatched": BankAccount(rawValue: name).map { .unmatched($0) }
    case "funded": Int64(name).map { .funded(TrancheID($0)) }
    case "owed": UInt32(name).map { .owed(CatererID($0)) }
    case "ordered": UInt32(name).map { .ordered(CatererID($0)) }
    case "withheld": UInt32(name).map { .withheld(UnitID($0)) }
    case "returned": UInt32(name).map { .returned(UnitID($0)) }
    case "claimable": UInt32(name).map { .claimable(UnitID($0)) }
    default: nil
    }
  }
}

/// The programme's own accounts at the bank. Stored by name; it never changes.
package enum BankAccount: String, Hashable, Sendable, Codable, CaseIterable {
  /// 食堂就餐经费专用账户: the Bureau's, into which units pay (S28).
  case bureau
  /// 收入专用账户: receives and distributes meal money (S30).
  case income
  /// 支出专用账户: collects what was eaten and pays caterers (S30).
  case spending
}

/// A way between two of the programme's accounts (S32). Stored by name; it never changes.
package enum BankHop: String, Hashable, Sendable, Codable, CaseIterable {
  case bureauToIncome
  case incomeToSpending

  package var from: BankAccount {
    switch self {
    case .bureauToIncome: .bureau
    case .incomeToSpending: .income
    }
  }

  package var to: BankAccount {
    switch self {
    case .bureauToIncome: .income
    case .incomeToSpending: .spending
    }
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
