import CanteenModel
import SQLStore

extension Books {
  /// Takes a file of dishes and goods, all of it or nothing. The same file twice changes nothing; items
  /// that are not in the file stay as they are.
  ///
  /// - Parameter file: `code,name,category,price,ceiling`, as ``ItemFile`` reads it.
  /// - Throws: ``StoreError/refused(_:)`` with every fault by row and column, and what to do.
  package func importItems(_ file: [UInt8]) async throws(StoreError) -> ImportOutcome {
    let items = try ItemFile.read(file)
    return try await write { db in
      var (added, changed) = (0, 0)
      for item in items {
        let stored = try self.item(item.code, db)
        guard stored != item else { continue }
        if stored == nil { added += 1 } else { changed += 1 }
        try self.put(item, db)
      }
      return ImportOutcome(
        added: added, changed: changed, unchanged: items.count - added - changed)
    }
  }

  /// The catalogue's rows behind a version, in order of version.
  func items(behind version: Int64, limit: Int, _ db: any Database) throws -> [CatalogueRow] {
    try db.rows(
      "SELECT * FROM item WHERE version > ? ORDER BY version LIMIT ?",
      [version, limit]
    ).map { CatalogueRow(item: try Self.item($0), version: try $0.integer("version")) }
  }

  private func item(_ code: ItemCode, _ db: any Database) throws -> Item? {
    try db.row("SELECT * FROM item WHERE code = ?", [Int64(code.number)]).map { try Self.item($0) }
  }

  private static func item(_ row: Row) throws -> Item {
    Item(
      code: ItemCode(try row.integer("code")), name: try row.text("name"),
      category: ItemCategory(try row.integer("category")), price: Fen(try row.integer("price_fen")),
      ceiling: (row["ceiling_fen"] as Int64?).map { Fen($0) })
  }

  private func put(_ item: Item, _ db: any Database) throws {
    try db.execute(
      """
      INSERT INTO item (code, name, category, price_fen, ceiling_fen, version)
      VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (code) DO UPDATE SET name = excluded.name, category = excluded.category,
        price_fen = excluded.price_fen, ceiling_fen = excluded.ceiling_fen,
        version = excluded.version
      """,
      [
        Int64(item.code.number), item.name, Int64(item.category.number), item.price.value,
        item.ceiling?.value, try Self.nextVersions(1, db),
      ])
  }
}
