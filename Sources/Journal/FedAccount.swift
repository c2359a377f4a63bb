import CanteenModel
import Foundation
import GRDB

/// The rows of an account as the centre fed them.
enum FedAccount {
  /// Replaces an account's row unless the one here is newer, and everything that hangs on it.
  ///
  /// Its credentials are those of this page also when the row itself is here already: it came with an
  /// answer to a hold (``refresh(_:_:)``), and pages that were under way may have bound them otherwise.
  static func replace(_ snapshot: AccountSnapshot, _ db: Database) throws {
    let known = try version(of: snapshot.account, db) ?? 0
    guard known <= snapshot.version else { return }
    if known < snapshot.version { try replaceRow(snapshot, db) }
    try replaceCredentials(of: snapshot, db)
  }

  /// Replaces the row of an account that is known, unless the one here is as new. Credentials come by
  /// the feed alone, which keeps their order among accounts.
  static func refresh(_ snapshot: AccountSnapshot, _ db: Database) throws {
    guard let known = try version(of: snapshot.account, db), known < snapshot.version else {
      return
    }
    try replaceRow(snapshot, db)
  }

  /// `nil` for an account that is not known here.
  static func status(of account: AccountID, _ db: Database) throws -> AccountStatus? {
    try LedgerStatement(db, "SELECT status FROM account WHERE account = ?")
      .first(.integer(account.number)) { row in
        guard let status = AccountStatus(rawValue: try row.value(0)) else {
          throw JournalError.damaged("account \(account) has an unknown status")
        }
        return status
      }
  }

  private static func version(of account: AccountID, _ db: Database) throws -> Int64? {
    try Int64.fetchOne(
      db, sql: "SELECT version FROM account WHERE account = ?", arguments: [account.number])
  }

  private static func replaceRow(_ snapshot: AccountSnapshot, _ db: Database) throws {
    let account = snapshot.account.number
    try db.cachedStatement(
      sql: """
        INSERT OR REPLACE INTO account (account, masked_name, status, category, home_canteen,
          version, includes_epoch, includes_sequence) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      account, snapshot.maskedName, Int(snapshot.status.rawValue), Int(snapshot.category.number),
      Int64(snapshot.homeCanteen?.number ?? 0), snapshot.version,
      snapshot.includes?.epoch.number ?? 0, Int64(snapshot.includes?.sequence.number ?? 0),
    ])
    try replaceTranches(of: snapshot, db)
    try replaceHomePrices(of: snapshot, db)
    try replacePeerIncludes(of: snapshot, db)
  }

  private static func replacePeerIncludes(of snapshot: AccountSnapshot, _ db: Database) throws {
    let account = snapshot.account.number
    try db.cachedStatement(sql: "DELETE FROM peer_includes WHERE account = ?")
      .execute(arguments: [account])
    let insertion = try db.cachedStatement(
      sql: "INSERT INTO peer_includes (account, terminal, epoch, sequence) VALUES (?, ?, ?, ?)")
    for peer in snapshot.peerIncludes {
      try insertion.execute(arguments: [
        account, peer.terminal.number, peer.position.epoch.number,
        Int64(peer.position.sequence.number),
      ])
    }
  }

  private static func replaceTranches(of snapshot: AccountSnapshot, _ db: Database) throws {
    let account = snapshot.account.number
    try db.cachedStatement(sql: "DELETE FROM tranche WHERE account = ?")
      .execute(arguments: [account])
    let insertion = try db.cachedStatement(
      sql: "INSERT INTO tranche (account, purse, tranche, fen, last_day) VALUES (?, ?, ?, ?, ?)")
    for tranche in snapshot.tranches {
      try insertion.execute(arguments: [
        account, tranche.purse.number, tranche.tranche.number, tranche.amount.value,
        tranche.lastSpendingDay,
      ])
    }
  }

  private static func replaceHomePrices(of snapshot: AccountSnapshot, _ db: Database) throws {
    let account = snapshot.account.number
    try db.cachedStatement(sql: "DELETE FROM home_price WHERE account = ?")
      .execute(arguments: [account])
    let insertion = try db.cachedStatement(
      sql: "INSERT INTO home_price (account, period, fen) VALUES (?, ?, ?)")
    for (period, price) in snapshot.homePrices.sorted(by: { $0.key < $1.key }) {
      try insertion.execute(arguments: [account, Int(period), price.value])
    }
  }

  private static func replaceCredentials(of snapshot: AccountSnapshot, _ db: Database) throws {
    let account = snapshot.account.number
    try db.cachedStatement(sql: "DELETE FROM credential WHERE account = ?")
      .execute(arguments: [account])
    for credential in snapshot.credentials {
      // A credential that moved to another account belongs to the newer row.
      try db.cachedStatement(
        sql: "INSERT OR REPLACE INTO credential (kind, value, account) VALUES (?, ?, ?)"
      ).execute(arguments: [Int(credential.kind.rawValue), Data(credential.value), account])
    }
  }
}
