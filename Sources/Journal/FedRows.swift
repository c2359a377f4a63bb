import CanteenModel
import Foundation
import GRDB
import SyncProtocol

/// What the centre fed, carried from a damaged ledger into a new one.
///
/// Accounts and what hangs on them are carried only together and only when SQLite finds nothing wrong
/// with their tables. All of it counts as older than anything that the centre feeds: it comes anew.
enum FedRows {
  static func carry(from old: Database, to new: Database) throws {
    let accounts = ["account", "tranche", "home_price", "credential", "peer_includes"]
    if try carry(accounts, from: old, to: new) {
      try new.execute(sql: "UPDATE account SET version = 0")
    }
    if try carry(["item"], from: old, to: new) {
      try new.execute(sql: "UPDATE item SET version = 0")
    }
    _ = try carry(["peer_spend"], from: old, to: new)
    _ = try carry(["peer"], from: old, to: new)
    if try carry(["hold"], from: old, to: new) {
      // As if nobody had answered: opening gives back what is left of each by a record.
      try new.execute(sql: "UPDATE hold SET granted_fen = NULL, spent_fen = 0")
    }
    try carryRulebooks(from: old, to: new)
  }

  private static func carryRulebooks(from old: Database, to new: Database) throws {
    guard isWhole("rulebook", old) else { return }
    // try?: a table whose definition was damaged is not carried.
    let rows = try? DatabaseValue.fetchAll(
      old, sql: "SELECT bytes FROM rulebook ORDER BY version")
    for value in rows ?? [] {
      guard let bytes = Data.fromDatabaseValue(value) else { continue }
      // try?: the centre feeds again what is not carried.
      guard let rulebook = try? RulebookCodec.decode(Array(bytes)) else { continue }
      try new.execute(
        sql: "INSERT OR IGNORE INTO rulebook (version, bytes) VALUES (?, ?)",
        arguments: [rulebook.version, bytes])
    }
  }

  /// Copies tables as they are.
  ///
  /// - Returns: Whether they are whole; otherwise nothing of them is carried.
  private static func carry(
    _ tables: [String], from old: Database, to new: Database
  ) throws -> Bool {
    guard tables.allSatisfy({ isWhole($0, old) }) else { return false }
    do {
      try new.inSavepoint {
        for table in tables { try copy(table.quotedDatabaseIdentifier, from: old, to: new) }
        return .commit
      }
      return true
    } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
      throw error
    } catch let error as DatabaseError where error.resultCode == .SQLITE_IOERR {
      throw error
    } catch is DatabaseError {
      // Rows that the new tables do not take: their definition was damaged.
      return false
    }
  }

  private static func copy(_ name: String, from old: Database, to new: Database) throws {
    let rows = try Row.fetchCursor(old, sql: "SELECT * FROM \(name)")
    while let row = try rows.next() {
      let marks = Array(repeating: "?", count: row.count).joined(separator: ", ")
      try new.cachedStatement(sql: "INSERT INTO \(name) VALUES (\(marks))")
        .execute(arguments: StatementArguments(Array(row.databaseValues)))
    }
  }

  private static func isWhole(_ table: String, _ db: Database) -> Bool {
    // try?: a table that cannot be checked is not whole.
    let said = try? String.fetchAll(
      db, sql: "PRAGMA integrity_check(\(table.quotedDatabaseIdentifier))")
    return said == ["ok"]
  }
}
