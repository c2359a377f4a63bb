import CanteenModel
import SQLStore
package import SettlementCore
import SyncProtocol

extension Books {
  /// What the bank is asked to pay for a quarter: one row for each caterer, the sum of the approved statements of all
  /// its canteens (S18, S30). Whoever owes is not in it.
  ///
  /// - Returns: CSV with the columns caterer, name, bank_account, amount (yuan), in order of caterer.
  package func paymentFile(of quarter: Quarter) async throws(StoreError) -> [UInt8] {
    try await read { db in
      try db.snapshot {
        var sums: [UInt32: Fen] = [:]
        let documents = try db.rows(
          "SELECT document FROM statement WHERE quarter = ? AND signed IS NOT NULL ORDER BY canteen",
          [quarter.description])
        for row in documents {
          for account in try StatementDocument(stored: row).accounts {
            sums[account.caterer] =
              try (sums[account.caterer] ?? .zero) + Fen(account.payable)
          }
        }
        var lines = [["caterer", "name", "bank_account", "amount"]]
        for (caterer, sum) in sums.sorted(by: { $0.key < $1.key }) where sum > .zero {
          let row = try db.row("SELECT name, bank_account FROM caterer WHERE number = ?", [caterer])
          guard let row else { throw StoreError.damaged("caterer \(caterer) is gone") }
          let fields = [
            "\(caterer)", try row.text("name"), try row.text("bank_account"), sum.plainYuan,
          ]
          lines.append(fields.map(CommaSeparatedText.field))
        }
        return CommaSeparatedText.file(lines)
      }
    }
  }
}
