import CanteenModel
import GRDB

/// What one record took from a tranche, or gave back: a row of the table `sale`.
struct SaleRow {
  private let account: Int64
  private let epoch: Int64
  private let sequence: Int64
  private let purse: Int64
  private let tranche: Int64
  private let fen: Int64
  private let bootMilliseconds: Int64

  /// In the order of the table.
  var columns: [Int64] {
    [account, epoch, sequence, purse, tranche, fen, bootMilliseconds]
  }

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
    self.account = account.number
    epoch = Int64(position.epoch.number)
    sequence = Int64(position.sequence.number)
    purse = spend.purse.number
    tranche = spend.tranche.number
    self.fen = fen
    bootMilliseconds = time.bootMilliseconds
  }

  func insert(_ db: Database) throws {
    try LedgerStatement(
      db,
      """
      INSERT INTO sale (account, epoch, sequence, purse, tranche, fen, boot_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """
    ).run(
      .integer(account), .integer(epoch), .integer(sequence), .integer(purse), .integer(tranche),
      .integer(fen), .integer(bootMilliseconds))
  }
}
