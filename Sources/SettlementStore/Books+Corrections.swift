import CanteenModel
import Foundation
import GRDB
import SettlementCore
import SyncProtocol

extension Books {
  /// The sale that a correction names; `nil` for other records, and when the terminal never handed in
  /// such a sale.
  func correctedSale(
    of record: ReadRecord, _ terminal: TerminalID, _ db: Database
  ) throws -> CorrectedSale? {
    guard case .correction(let correction) = record.record?.body else { return nil }
    let row = try Row.fetchOne(
      db,
      sql: "SELECT bytes, standing, suspense_reason FROM record WHERE terminal = ? AND id = ?",
      arguments: [terminal.number, correction.originalID.blob])
    guard let row, case .sale(let sale) = try Self.readable(row) else { return nil }
    guard
      let standing = Posting.Standing(
        word: try row.text("standing"), reason: row["suspense_reason"])
    else { throw StoreError.damaged("a record of an unknown standing") }
    let earlier = try Row.fetchAll(
      db,
      sql: """
        SELECT bytes FROM correction JOIN record USING (terminal, id)
        WHERE terminal = ? AND original = ? ORDER BY epoch, sequence
        """, arguments: [terminal.number, correction.originalID.blob])
    return CorrectedSale(
      sale: sale, standing: standing,
      earlier: try earlier.compactMap { row in
        guard case .correction(let correction) = try Self.readable(row) else { return nil }
        return correction
      })
  }

  /// Notes that a correction took effect, so that no later one can exceed what is left of the sale.
  func note(
    _ record: ReadRecord, _ posting: Posting, of terminal: TerminalID, _ db: Database
  ) throws {
    guard case .correction(let correction) = record.record?.body, !posting.legs.isEmpty else {
      return
    }
    try db.execute(
      sql: "INSERT INTO correction (terminal, original, id) VALUES (?, ?, ?)",
      arguments: [terminal.number, correction.originalID.blob, record.id.blob])
  }

  /// What a stored record says; `nil` when its bytes are no record that this version knows.
  private static func readable(_ row: Row) throws -> JournalRecord.Body? {
    guard let bytes: Data = row["bytes"] else { throw StoreError.damaged("a record without bytes") }
    // try?: it was kept in suspense for that.
    return try? RecordCodec.decode(Array(bytes)).body
  }
}

extension Posting.Standing {
  /// Reads what ``stored`` wrote; `nil` for what it never writes.
  fileprivate init?(word: String, reason: String?) {
    let all = [.posted, .nothingToPost] + SuspenseReason.allCases.map { Self.suspense($0) }
    guard let found = all.first(where: { $0.stored == (word, reason) }) else { return nil }
    self = found
  }
}
