import CanteenModel
import Foundation
import SQLStore
import SettlementCore

/// An entry of the ledger that people made: no record of a terminal stands behind it, but somebody's name does.
struct OfficeEntry {
  enum Kind: String {
    /// A line of the bank.
    case bank
    /// A line of the bank that was held until somebody knew what it is for.
    case match
    /// A roster's money, to one account.
    case allocation
    /// A quarter's statement of one canteen.
    case statement
    /// A payment that the bank is asked for.
    case order
    /// What is left of a closed year, of one account.
    case yearEnd
    /// Something that was held in suspense.
    case resolution
  }

  /// What makes it one: booking it again is refused by the store. Begins with the kind.
  let name: String
  let kind: Kind
  /// The local day for which it counts.
  let day: Int32
  let proposer: String
  /// `nil` where one person is enough.
  let approver: String?
  let note: String
  /// They sum to zero.
  let legs: [Leg]
}

extension Books {
  /// Books entries of people, and feeds the accounts that they move. Inside of a transaction.
  ///
  /// - Throws: An error of the store for an entry that is booked already.
  func book(_ entries: [OfficeEntry], _ db: any Database) throws {
    var sheet = PostingSheet()
    try db.insert(
      into: "office_entry",
      ["entry", "kind", "day", "booked_ms", "proposed_by", "approved_by", "note"],
      entries.map { entry in
        [
          Data(entry.name.utf8), entry.kind.rawValue, Int64(entry.day), now, entry.proposer,
          entry.approver, entry.note,
        ]
      })
    for entry in entries {
      try sheet.postOffice(entry.legs, entry: Data(entry.name.utf8))
      for leg in entry.legs {
        if case .purse(let account, _, _) = leg.account { sheet.raiseVersion(of: account) }
      }
    }
    try sheet.write(db)
  }

  /// What people booked on an account of the ledger that is no purse.
  func officeBalance(of account: LedgerAccount, _ db: any Database) throws -> Fen {
    Fen(try db.value("SELECT fen FROM office_balance WHERE ledger_account = ?", [account.key]) ?? 0)
  }

  /// Accounts of the ledger whose kept sum is not that of the legs of people's entries.
  func differingOfficeBalances(_ db: any Database) throws -> Int {
    let kept = try db.rows("SELECT ledger_account, fen FROM office_balance")
    let added = try db.rows(
      """
      SELECT ledger_account, SUM(fen) AS fen FROM office_entry JOIN leg USING (entry)
      WHERE ledger_account NOT LIKE 'purse:%' GROUP BY ledger_account
      """)
    var sums: [String: Int64] = [:]
    for row in added { sums[try row.text("ledger_account")] = try row.integer("fen") }
    var differing = 0
    for row in kept where sums.removeValue(forKey: try row.text("ledger_account")) != row["fen"] {
      differing += 1
    }
    return differing + sums.count
  }
}
