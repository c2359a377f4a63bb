import CanteenModel
import GRDB

/// What one record took from a tranche, or gave back: a row of the table `sale`.
struct SaleRow {
  /// In the order of the table: account, epoch, sequence, purse, tranche, fen, boot_ms.
  let columns: [Int64]

  /// One for each tranche that paid; a sale that cost nothing has one of 0 fen.
  static func rows(
    of sale: SaleRecord, at position: JournalPosition, _ time: RecordTime
  ) -> [SaleRow] {
    let free = Spend(purse: .subsidy, tranche: .none, amount: .zero)
    return (sale.spends.isEmpty ? [free] : sale.spends).map { spend in
      SaleRow(spend, sale.account, spend.amount.value, position, time)
    }
  }

  /// One for each tranche that gets money back, in negative fen.
  static func rows(
    of correction: CorrectionRecord, at position: JournalPosition, _ time: RecordTime
  ) -> [SaleRow] {
    correction.returns.map { back in
      SaleRow(back, correction.account, -back.amount.value, position, time)
    }
  }

  private init(
    _ spend: Spend, _ account: AccountID, _ fen: Int64, _ position: JournalPosition,
    _ time: RecordTime
  ) {
    columns = [
      account.number, Int64(position.epoch.number), Int64(position.sequence.number),
      spend.purse.number, spend.tranche.number, fen, time.bootMilliseconds,
    ]
  }

  func insert(_ db: Database) throws {
    try db.cachedStatement(
      sql: """
        INSERT INTO sale (account, epoch, sequence, purse, tranche, fen, boot_ms)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: StatementArguments(columns))
  }
}
