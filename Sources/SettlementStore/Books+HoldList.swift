package import CanteenModel
import Foundation
import SQLStore

/// An amount that is set aside for a terminal, for people. Amounts are in fen.
package struct HoldLine: Hashable, Sendable, Codable {
  /// 64 hexadecimal digits.
  package let id: String
  package let terminal: UInt32
  package let account: Int64
  /// `nil`: money of the account, for sales.
  package let refundOf: Original?
  package let grantedFen: Int64
  package let usedFen: Int64
  /// Unix time in milliseconds.
  package let askedMilliseconds: Int64

  /// The sale of which a terminal that did not sell it may give so much back.
  package struct Original: Hashable, Sendable, Codable {
    package let terminal: UInt32
    package let epoch: UInt32
    package let sequence: UInt64
  }
}

extension Books {
  /// The most that ``openHolds()`` lists.
  package static let holdListLimit = 10_000

  private static let holdLines = """
    SELECT hold.id, hold.terminal, hold.account, granted_fen, used_fen, asked_ms, hold.seller,
      record.epoch, record.sequence
    FROM hold LEFT JOIN record ON record.terminal = hold.seller AND record.id = hold.original
    """

  /// What is set aside, the oldest first; at most ``holdListLimit``.
  package func openHolds() async throws(StoreError) -> [HoldLine] {
    try await read { db in
      let rows = try db.rows(
        Self.holdLines + """
           WHERE closed_ms IS NULL ORDER BY asked_ms, hold.terminal, hold.id LIMIT ?
          """, [Self.holdListLimit])
      return try rows.map(HoldLine.init)
    }
  }

  /// Gives up what is set aside for a terminal that is gone: an act of the operator, which is flagged.
  ///
  /// A sale that took from it and comes later is posted all the same, and flagged; so is a refund, unless
  /// the sale has no longer so much left.
  ///
  /// - Throws: ``StoreError/refused(_:)`` when nothing is set aside under the number.
  package func giveUpHold(_ id: HoldID) async throws(StoreError) -> HoldLine {
    try await write { db in
      let row = try db.row(
        Self.holdLines + " WHERE hold.id = ? AND closed_ms IS NULL",
        [id.digest.blob])
      guard let line = try row.map(HoldLine.init) else {
        throw StoreError.refused([
          "nothing is set aside under \(id): canteen-settlement holds lists what is"
        ])
      }
      try db.execute(
        """
        UPDATE hold SET closed_ms = ?, closed_by = 'operator' WHERE terminal = ? AND id = ?
        """, [self.configuration.now(), line.terminal, id.digest.blob])
      let nowhere = JournalPosition(epoch: Epoch(0), sequence: .none)
      try self.raise(.holdGivenUp, of: TerminalID(line.terminal), at: nowhere, db)
      return line
    }
  }

  /// How many holds in a slice of them contradict themselves or what sales took from them.
  ///
  /// - Returns: No last one when none is behind it.
  func differingHolds(behind: HoldKey, limit: Int) async throws(StoreError) -> (
    last: HoldKey?, differing: Int
  ) {
    try await read { db in
      let end = try db.row(
        """
        SELECT terminal, id FROM hold WHERE (terminal, id) > (?, ?)
        ORDER BY terminal, id LIMIT 1 OFFSET ?
        """, [behind.terminal, behind.id, limit - 1])
      let last = try end.map {
        HoldKey(terminal: try $0.integer("terminal"), id: $0["id"] ?? Data())
      }
      let places = "(terminal, id) > (?, ?)" + (last == nil ? "" : " AND (terminal, id) <= (?, ?)")
      let to: SQLArguments = if let last { [last.terminal, last.id] } else { [] }
      let differing: Int? = try db.value(
        """
        SELECT COUNT(*) FILTER (WHERE
          used_fen < 0 OR used_fen > granted_fen OR granted_fen > asked_fen
          OR (closed_ms IS NULL AND used_fen = granted_fen)
          OR (original IS NOT NULL AND granted_fen <> COALESCE((SELECT SUM(fen) FROM hold_part
            WHERE hold_part.terminal = slice.terminal AND hold_part.hold = slice.id), 0))
          OR (closed_by = 'used' AND used_fen <> granted_fen)
          OR used_fen <> COALESCE((SELECT SUM(fen) FROM hold_use
            WHERE hold_use.terminal = slice.terminal AND hold_use.hold = slice.id), 0)
          OR EXISTS (SELECT 1 FROM hold_use WHERE hold_use.terminal = slice.terminal
            AND hold_use.hold = slice.id AND NOT EXISTS (SELECT 1 FROM record
              WHERE record.terminal = hold_use.terminal AND record.id = hold_use.record)))
        FROM (SELECT * FROM hold WHERE \(places)) AS slice
        """, [behind.terminal, behind.id] + to)
      return (last, differing ?? 0)
    }
  }
}

/// A hold's place among all of them.
struct HoldKey: Sendable {
  let terminal: Int64
  let id: Data
}

extension HoldLine {
  fileprivate init(_ row: Row) throws {
    let isRefund = row["seller"] as Int64? != nil
    self.init(
      id: try row.digest("id").description, terminal: try row.integer("terminal"),
      account: try row.integer("account"),
      refundOf: isRefund
        ? Original(
          terminal: try row.integer("seller"), epoch: try row.integer("epoch"),
          sequence: try row.integer("sequence")) : nil,
      grantedFen: try row.integer("granted_fen"),
      usedFen: try row.integer("used_fen"), askedMilliseconds: try row.integer("asked_ms"))
  }
}
