package import CanteenModel
import SQLStore

extension Books {
  /// The newest records of a terminal, in order of epoch and sequence; a fork's beside the
  /// accepted.
  ///
  /// - Parameter limit: At most so many. 1 or more.
  /// - Throws: ``StoreError/unknownTerminal(_:)``.
  package func records(
    of terminal: TerminalID, limit: Int
  ) async throws(StoreError) -> [RecordLine] {
    precondition(limit >= 1, "a list of records has room for one")
    return try await read { db in
      guard try self.isKnown(terminal, db) else { throw StoreError.unknownTerminal(terminal) }
      let rows = try db.rows(
        """
        SELECT epoch, sequence, id, kind, wall_ms, account, subsidy_fen, personal_fen, asked_fen,
          decline_reason, standing, suspense_reason, accepted
        FROM record WHERE terminal = ?
        ORDER BY epoch DESC, sequence DESC, accepted ASC, id DESC LIMIT ?
        """,
        [terminal.number, limit])
      return try rows.reversed().map { row in
        RecordLine(
          epoch: try row.integer("epoch"), sequence: try row.integer("sequence"),
          id: try row.digest("id").description, kind: try row.text("kind"),
          wallMilliseconds: row["wall_ms"], account: row["account"],
          subsidyFen: try row.integer("subsidy_fen"), personalFen: try row.integer("personal_fen"),
          askedFen: row["asked_fen"], declineReason: row["decline_reason"],
          standing: try row.text("standing"), suspenseReason: row["suspense_reason"],
          isFork: row["accepted"] == false)
      }
    }
  }
}
