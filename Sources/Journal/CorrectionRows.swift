import CanteenModel
import Foundation
import GRDB
import SyncProtocol
import TerminalCore

/// The rows that a correction leaves beside its record, and what is read from them.
///
/// A refund of another terminal's sale leaves none: the place that it names is one of another journal, no
/// counter here has the sale, and the balance has the money when the centre feeds it.
enum CorrectionRows {
  /// - Parameter isCounted: Whether the sale is in the meal counters, so that it must be taken out.
  static func insert(
    _ correction: CorrectionRecord, at position: JournalPosition, _ time: RecordTime,
    isCounted: Bool = true, _ db: Database
  ) throws {
    guard correction.elsewhere == nil else { return }
    try db.execute(
      sql: """
        INSERT INTO correction (original_epoch, original_sequence, epoch, sequence)
        VALUES (?, ?, ?, ?)
        """, arguments: StatementArguments(columns(of: correction, at: position)))
    for row in SaleRow.rows(of: correction, at: position, time) { try row.insert(db) }
    guard isCounted else { return }
    let counts: [any DatabaseValueConvertible] = correction.uncounted.columns
    let key: [any DatabaseValueConvertible] = [
      correction.account.number, correction.slot.day, Int(correction.slot.period),
    ]
    try db.execute(
      sql: """
        UPDATE meal_counter SET sales = sales - ?, guests = guests - ?, fen = fen - ?,
          alone = alone - ?, alone_fen = alone_fen - ?, market_fen = market_fen - ?
        WHERE account = ? AND day = ? AND period = ?
        """,
      arguments: StatementArguments(counts + key))
    // A counter that counts nothing says nothing, and verification could not tell whose it was.
    try db.execute(
      sql: """
        DELETE FROM meal_counter WHERE account = ? AND day = ? AND period = ? AND sales = 0
          AND guests = 0 AND fen = 0 AND alone = 0 AND alone_fen = 0 AND market_fen = 0
        """, arguments: StatementArguments(key))
  }

  /// The row of the table `correction`.
  static func columns(of correction: CorrectionRecord, at position: JournalPosition) -> [Int64] {
    [
      Int64(correction.original.epoch.number), Int64(correction.original.sequence.number),
      Int64(position.epoch.number), Int64(position.sequence.number),
    ]
  }

  /// Reads what the correction of a record depends on, or why there is none.
  static func facts(
    of original: JournalPosition, closedUpTo: JournalPosition, _ db: Database
  ) throws -> Result<CorrectionFacts, CorrectionRefusal> {
    let row = try Row.fetchOne(
      db, sql: "SELECT bytes, head FROM record WHERE epoch = ? AND sequence = ?",
      arguments: [original.epoch.number, Int64(original.sequence.number)])
    guard let row else { return .failure(.noSuchRecord) }
    let record = try RecordCodec.decode(Array(try row.value(0) as Data))
    guard case .sale(let sale) = record.body else { return .failure(.notASale) }
    return .success(
      CorrectionFacts(
        original: EarlierSale(position: original, time: record.time, sale: sale),
        originalID: try row.head("head"), earlier: try corrections(of: original, db),
        closedUpTo: closedUpTo))
  }

  /// The corrections of a sale, oldest first.
  static func corrections(
    of original: JournalPosition, _ db: Database
  ) throws -> [CorrectionRecord] {
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT r.bytes FROM correction c
        JOIN record r ON r.epoch = c.epoch AND r.sequence = c.sequence
        WHERE c.original_epoch = ? AND c.original_sequence = ? ORDER BY c.epoch, c.sequence
        """, arguments: [original.epoch.number, Int64(original.sequence.number)])
    return try rows.map { row in
      guard
        case .correction(let correction) = try RecordCodec.decode(
          Array(try row.value(0) as Data)
        ).body
      else { throw JournalError.damaged("a correction's row names a record that is none") }
      return correction
    }
  }

  /// Whether money went back from a sale.
  static func exist(for original: JournalPosition, _ db: Database) throws -> Bool {
    let statement = try db.cachedStatement(
      sql: "SELECT 1 FROM correction WHERE original_epoch = ? AND original_sequence = ? LIMIT 1")
    return try Row.fetchOne(
      statement, arguments: [original.epoch.number, Int64(original.sequence.number)]) != nil
  }
}
