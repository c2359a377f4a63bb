import CanteenModel
import GRDB

/// The catalogue of dishes and goods, as the centre fed it.
enum Catalogue {
  /// The rows of the items that a request names, as far as there are any.
  static func items(of request: SaleRequest, _ db: Database) throws -> [Item] {
    guard case .items(let lines) = request.price else { return [] }
    let statement = try LedgerStatement(
      db, "SELECT name, category, price_fen, ceiling_fen FROM item WHERE code = ?")
    return try lines.prefix(ItemLine.limit).compactMap { line in
      try statement.first(.integer(Int64(line.code.number))) { row in
        Item(
          code: line.code, name: try row.text(0), category: ItemCategory(try row.value(1)),
          price: Fen(try row.value(2)), ceiling: try row.optional(3).map { Fen($0) })
      }
    }
  }

  /// Replaces a row unless the one here is newer. A price of zero takes the item from sale.
  static func replace(_ item: Item, version: Int64, _ db: Database) throws {
    try db.cachedStatement(
      sql: """
        INSERT INTO item (code, name, category, price_fen, ceiling_fen, version)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (code) DO UPDATE SET name = excluded.name, category = excluded.category,
          price_fen = excluded.price_fen, ceiling_fen = excluded.ceiling_fen,
          version = excluded.version
        WHERE excluded.version > item.version
        """
    ).execute(arguments: [
      Int64(item.code.number), item.name, Int(item.category.number), item.price.value,
      item.ceiling?.value, version,
    ])
  }
}
