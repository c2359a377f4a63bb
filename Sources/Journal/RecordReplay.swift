import CanteenModel
import GRDB
import SyncProtocol

/// Writes a record that no decision made just now: one from a damaged ledger, or from the mirror.
enum RecordReplay {
  /// Inserts the record and the rows that hang on it.
  static func insert(_ bytes: [UInt8], at place: ChainPlace, _ db: Database) throws -> JournalRecord
  {
    let record = try RecordCodec.decode(bytes)
    let position = place.position
    try RecordRow.insert(bytes, record.time, place.head, at: position, db)
    switch record.body {
    case .sale(let sale): try SaleRows.insert(sale, at: position, record.time, db)
    case .correction(let correction):
      let original = correction.original
      let isHere = try Row.fetchOne(
        db, sql: "SELECT 1 FROM record WHERE epoch = ? AND sequence = ?",
        arguments: [original.epoch.number, Int64(original.sequence.number)])
      try CorrectionRows.insert(
        correction, at: position, record.time, isCounted: isHere != nil, db)
    case .keyRotated(let rotated): _ = try RotationRows.insert(rotated, at: position, db)
    case .dayClosed, .epochOpened, .decline, .holdReleased: break
    }
    return record
  }
}
