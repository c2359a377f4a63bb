package import CanteenModel
import SQLStore
package import SettlementCore

/// A sum of subsidy that belongs together: where it comes from, and until when it may be spent (S13, C1).
package struct TrancheOrigin: Hashable, Sendable, Codable {
  package let id: TrancheID
  package let unit: UnitID
  package let quarter: Quarter
  /// The appropriation's number, as the unit names it; may be empty.
  package let appropriation: String
  /// The last local day on which it may be spent, in days since 1970-01-01.
  package let lastDay: Int32
}

extension Books {
  /// Every tranche, by number.
  package func trancheOrigins() async throws(StoreError) -> [TrancheOrigin] {
    try await read { db in try self.trancheOrigins(db) }
  }

  func trancheOrigins(_ db: any Database) throws -> [TrancheOrigin] {
    try db.rows("SELECT * FROM tranche_origin ORDER BY number").map { try Self.origin($0) }
  }

  /// The tranche of a unit's quarter; a new one where there is none. It may be spent until the year ends (S13).
  func tranche(
    of unit: UnitID, _ quarter: Quarter, appropriation: String, _ db: any Database
  ) throws -> TrancheOrigin {
    let stored = try db.row(
      "SELECT * FROM tranche_origin WHERE unit = ? AND quarter = ? AND appropriation = ?",
      [unit.number, quarter.description, appropriation])
    if let stored { return try Self.origin(stored) }
    // An imported opening balance may have used numbers of its own.
    let last: Int64? =
      try db.value("SELECT MAX(number) FROM tranche_origin")
      ?? db.value("SELECT MAX(tranche) FROM tranche")
    guard let year = Quarter(year: quarter.year, number: 4) else {
      throw StoreError.damaged("a quarter of no year")
    }
    let origin = TrancheOrigin(
      id: TrancheID((last ?? 0) + 1), unit: unit, quarter: quarter, appropriation: appropriation,
      lastDay: year.lastDay)
    try db.insert(
      into: "tranche_origin", ["number", "unit", "quarter", "appropriation", "last_day"],
      [[origin.id.number, unit.number, quarter.description, appropriation, Int64(origin.lastDay)]])
    return origin
  }

  func origin(of tranche: TrancheID, _ db: any Database) throws -> TrancheOrigin {
    let row = try db.row("SELECT * FROM tranche_origin WHERE number = ?", [tranche.number])
    guard let row else { throw StoreError.damaged("tranche \(tranche.number) has no origin") }
    return try Self.origin(row)
  }

  private static func origin(_ row: Row) throws -> TrancheOrigin {
    guard let quarter = Quarter(try row.text("quarter")) else {
      throw StoreError.damaged("a tranche of no quarter")
    }
    return TrancheOrigin(
      id: TrancheID(try row.integer("number")), unit: UnitID(try row.integer("unit")),
      quarter: quarter, appropriation: try row.text("appropriation"),
      lastDay: try row.integer("last_day"))
  }
}
