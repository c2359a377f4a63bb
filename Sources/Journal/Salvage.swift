package import CanteenModel
import GRDB

/// What was saved from a damaged ledger when this one was begun.
package struct Salvage: Hashable, Sendable {
  /// The damaged file, beside this ledger. Nothing ever deletes it.
  package let file: String
  /// How many records were kept that the centre did not acknowledge.
  package let kept: Int
  /// How many more the damaged ledger said that it had, at least; `nil` when that cannot be read.
  package let missing: Int?
  /// The last record that was kept; sequence 0 when none was.
  package let end: JournalPosition

  /// Reads the ledger's row; `nil` for a ledger that no other went before.
  static func read(_ db: Database) throws -> Salvage? {
    guard
      let row = try Row.fetchOne(
        db, sql: "SELECT file, kept, missing, epoch, sequence FROM salvage")
    else { return nil }
    return Salvage(
      file: try row.value(0), kept: try row.value(1), missing: Int.fromDatabaseValue(row[2]),
      end: try row.position(from: 3))
  }

  func insert(_ db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO salvage (id, file, kept, missing, epoch, sequence) VALUES (1, ?, ?, ?, ?, ?)
        """,
      arguments: [file, kept, missing, end.epoch.number, Int64(end.sequence.number)])
  }
}

extension Schema {
  static let salvage = """
    -- One row when this ledger was begun with what could be read of a damaged one.
    CREATE TABLE salvage (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      file TEXT NOT NULL,
      kept INTEGER NOT NULL,
      missing INTEGER,
      -- The last record that was kept; sequence 0: none.
      epoch INTEGER NOT NULL,
      sequence INTEGER NOT NULL
    ) STRICT;
    """
}
