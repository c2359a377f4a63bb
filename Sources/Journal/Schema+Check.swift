import GRDB

extension Schema {
  /// The definitions of every table and index, in the order of their names.
  static func definitions(_ db: Database) throws -> [String] {
    try String.fetchAll(
      db, sql: "SELECT ifnull(sql, name) FROM sqlite_schema ORDER BY type, name, tbl_name")
  }

  /// What a ledger of this version defines.
  static func definitions() throws -> [String] {
    let fresh = try DatabaseQueue()
    return try fresh.inDatabase { db in
      try migrate(db)
      return try definitions(db)
    }
  }
}
