package import CanteenModel
import SQLStore
import SettlementCore
import SyncProtocol

extension Books {
  /// What was charged for a request: the official meals of its account in its canteen, on its day and in its period, of
  /// which no other request can be. The purses' legs lead to the records, because records have no index by account.
  ///
  /// - Throws: ``StoreError/refused(_:)`` for a request that there is not, and one of another unit.
  package func officialMealSlip(
    _ number: String, of unit: UnitID
  ) async throws(StoreError) -> OfficialMealSlip {
    try await read { db in
      try db.snapshot {
        let request = try self.officialMeal(number, db)
        guard request.unit == unit else {
          throw StoreError.refused(["request \(number) is of another unit"])
        }
        let sales = try self.sales(of: request, db)
        let sum = try sales.reduce(Fen.zero) { try $0 + Fen($1.fen - $1.returnedFen) }
        return OfficialMealSlip(request: request, sales: sales, fen: sum.value)
      }
    }
  }

  func sales(
    of request: OfficialMealRequest, _ db: any Database
  ) throws -> [OfficialMealSlip.Sale] {
    let rows = try db.rows(
      """
      SELECT record.terminal AS terminal, record.id AS id, record.bytes AS bytes,
        COALESCE((SELECT SUM(back.subsidy_fen + back.personal_fen) FROM correction
          JOIN record AS back ON back.terminal = correction.terminal AND back.id = correction.id
          WHERE correction.seller = record.terminal AND correction.original = record.id), 0) AS back
      FROM (SELECT DISTINCT entry FROM leg WHERE ledger_account >= ? AND ledger_account < ?) AS charged
      JOIN terminal ON terminal.canteen = ?
      JOIN record ON record.terminal = terminal.number AND record.id = charged.entry
      WHERE record.kind = 'sale' ORDER BY record.terminal, record.epoch, record.sequence
      """,
      ["purse:\(request.account):", "purse:\(request.account);", request.canteen])
    return try rows.compactMap { row in
      guard case .sale(let sale) = try Self.readable(row), sale.mode == .officialMeal,
        sale.slot == MealKey(day: request.day, period: request.period)
      else { return nil }
      return OfficialMealSlip.Sale(
        terminal: try row.integer("terminal"), id: try row.digest("id").description,
        heads: Int(sale.heads), fen: sale.total.value,
        returnedFen: -(try row.integer("back") as Int64))
    }
  }
}
