import CanteenModel
import Foundation
import SQLStore
import SettlementCore
import SyncProtocol

extension Books {
  /// The sale that a correction names; `nil` for other records, and when the terminal that is said to have
  /// sold never handed in such a sale.
  func correctedSale(
    of record: ReadRecord, _ terminal: TerminalID, _ db: any Database
  ) throws -> CorrectedSale? {
    guard case .correction(let correction) = record.record?.body else { return nil }
    let own = correction.elsewhere.map { (terminal: terminal, hold: $0.hold) }
    return try correctedSale(
      correction.originalID, of: record.seller(or: terminal), butFor: own, db)
  }

  /// A sale with what was taken of it; `nil` when the record is none.
  ///
  /// - Parameter own: What is set aside for the record that is judged, which takes nothing from itself.
  func correctedSale(
    _ id: Digest32, of seller: TerminalID, butFor own: (terminal: TerminalID, hold: HoldID)?,
    _ db: any Database
  ) throws -> CorrectedSale? {
    let row = try db.row(
      "SELECT bytes, standing, suspense_reason FROM record WHERE terminal = ? AND id = ?",
      [seller.number, id.blob])
    guard let row, case .sale(let sale) = try Self.readable(row) else { return nil }
    guard
      let standing = Posting.Standing(
        word: try row.text("standing"), reason: row["suspense_reason"])
    else { throw StoreError.damaged("a record of an unknown standing") }
    return CorrectedSale(
      sale: sale, standing: standing, earlier: try corrections(of: id, seller, db),
      reserved: try reserved(of: id, seller, butFor: own, db))
  }

  /// The corrections of a sale that took effect.
  private func corrections(
    of original: Digest32, _ seller: TerminalID, _ db: any Database
  ) throws -> [CorrectionRecord] {
    let all = "seller = ? AND original = ?"
    #if SEEDED_BUGS
      let condition =
        planted == .forgetsOtherTerminals ? all + " AND terminal = correction.seller" : all
    #else
      let condition = all
    #endif
    let rows = try db.rows(
      """
      SELECT bytes FROM (SELECT terminal, id FROM correction WHERE \(condition)) AS made
      JOIN record USING (terminal, id) ORDER BY terminal, epoch, sequence
      """, [seller.number, original.blob])
    return try rows.compactMap { row in
      guard case .correction(let correction) = try Self.readable(row) else { return nil }
      return correction
    }
  }

  /// What is set aside of a sale for refunds.
  private func reserved(
    of original: Digest32, _ seller: TerminalID,
    butFor own: (terminal: TerminalID, hold: HoldID)?, _ db: any Database
  ) throws -> [Spend] {
    #if SEEDED_BUGS
      if planted == .forgetsRefundHolds { return [] }
    #endif
    let rows = try db.rows(
      """
      SELECT hold_part.purse, tranche, fen FROM hold
      JOIN hold_part ON hold_part.terminal = hold.terminal AND hold_part.hold = hold.id
      WHERE seller = ? AND original = ? AND closed_ms IS NULL
        AND NOT (hold.terminal = ? AND hold.id = ?)
      """,
      [
        seller.number, original.blob, own?.terminal.number ?? 0,
        own?.hold.digest.blob ?? Data(),
      ])
    return try rows.map { row in
      guard let purse = Purse(number: try row.integer("purse")) else {
        throw StoreError.damaged("a part of a hold is of no purse")
      }
      return Spend(
        purse: purse, tranche: TrancheID(try row.integer("tranche")),
        amount: Fen(try row.integer("fen")))
    }
  }

  /// Notes that a correction took effect, so that no later one can exceed what is left of the sale.
  func note(
    _ record: ReadRecord, _ posting: Posting, of terminal: TerminalID, _ db: any Database
  ) throws {
    guard case .correction(let correction) = record.record?.body, !posting.legs.isEmpty else {
      return
    }
    try db.execute(
      "INSERT INTO correction (seller, original, terminal, id) VALUES (?, ?, ?, ?)",
      [
        record.seller(or: terminal).number, correction.originalID.blob, terminal.number,
        record.id.blob,
      ])
  }

  /// What a stored record says; `nil` when its bytes are no record that this version knows.
  static func readable(_ row: Row) throws -> JournalRecord.Body? {
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
