import CanteenModel
import SQLStore
import SettlementCore

extension Books {
  /// Moves the holds that a new record names. Inside of the intake's transaction.
  ///
  /// A sale is posted whatever becomes of its holds: the diner has eaten. What they do not cover is
  /// flagged for people. So it is with a refund, as long as the sale has so much left.
  func moveHolds(
    by record: ReadRecord, _ posting: Posting, of terminal: TerminalID, _ db: any Database
  ) throws {
    switch record.record?.body {
    case .sale(let sale):
      var isCovered = true
      for spend in sale.holds {
        let taken = try take(spend, by: record, of: sale.account, at: terminal, db)
        isCovered = isCovered && taken == spend.amount
      }
      if !isCovered { try raise(.holdExceeded, of: terminal, at: record.position, db) }
    case .holdReleased(let released): try giveBack(released, at: terminal, db)
    case .correction(let correction):
      guard let elsewhere = correction.elsewhere else { return }
      let isCovered = try useUp(
        elsewhere, by: record, correction, isBooked: !posting.legs.isEmpty, at: terminal, db)
      if !isCovered { try raise(.holdExceeded, of: terminal, at: record.position, db) }
    case .epochOpened, .decline, .dayClosed, .keyRotated, nil: break
    }
  }

  /// Closes the hold of a refund: its record gives back all of it, or people are told.
  ///
  /// - Returns: Whether the hold had exactly what the record gave back.
  private func useUp(
    _ elsewhere: SoldElsewhere, by record: ReadRecord, _ correction: CorrectionRecord,
    isBooked: Bool, at terminal: TerminalID, _ db: any Database
  ) throws -> Bool {
    let key: SQLArguments = [
      terminal.number, elsewhere.hold.digest.blob, elsewhere.terminal.number,
      correction.originalID.blob,
    ]
    let row = try db.row(
      """
      SELECT granted_fen FROM hold
      WHERE terminal = ? AND id = ? AND seller = ? AND original = ? AND closed_ms IS NULL
      """, key)
    guard let granted = try row.map({ Fen(try $0.integer("granted_fen")) }) else { return false }
    let part = isBooked ? min(correction.total, granted) : .zero
    if part > .zero {
      try db.execute(
        "INSERT INTO hold_use (terminal, hold, record, fen) VALUES (?, ?, ?, ?)",
        [
          terminal.number, elsewhere.hold.digest.blob, record.id.blob, part.value,
        ])
    }
    try db.execute(
      """
      UPDATE hold SET used_fen = ?, closed_ms = ?, closed_by = ? WHERE terminal = ? AND id = ?
      """,
      [
        part.value, configuration.now(), part == granted ? "used" : "record", terminal.number,
        elsewhere.hold.digest.blob,
      ])
    return part == granted && correction.total == granted
  }

  /// Takes a sale's part from one hold.
  ///
  /// - Returns: How much of it the hold had.
  private func take(
    _ spend: HoldSpend, by record: ReadRecord, of account: AccountID, at terminal: TerminalID,
    _ db: any Database
  ) throws -> Fen {
    let row = try db.row(
      """
      SELECT granted_fen - used_fen AS rest FROM hold
      WHERE terminal = ? AND id = ? AND account = ? AND closed_ms IS NULL AND original IS NULL
      """, [terminal.number, spend.hold.digest.blob, account.number])
    guard let row else { return .zero }
    let part = min(spend.amount, Fen(try row.integer("rest")))
    try db.execute(
      "INSERT INTO hold_use (terminal, hold, record, fen) VALUES (?, ?, ?, ?)",
      [
        terminal.number, spend.hold.digest.blob, record.id.blob, part.value,
      ])
    try db.execute(
      "UPDATE hold SET used_fen = used_fen + ? WHERE terminal = ? AND id = ?",
      [part.value, terminal.number, spend.hold.digest.blob])
    try db.execute(
      """
      UPDATE hold SET closed_ms = ?, closed_by = 'used'
      WHERE terminal = ? AND id = ? AND used_fen = granted_fen
      """, [configuration.now(), terminal.number, spend.hold.digest.blob])
    return part
  }

  /// Gives the rest of a hold back. One that was never asked for here is noted, so that a request that
  /// comes late is refused.
  private func giveBack(
    _ released: HoldReleased, at terminal: TerminalID, _ db: any Database
  ) throws {
    let now = configuration.now()
    try db.execute(
      """
      INSERT INTO hold (terminal, id, account, asked_fen, granted_fen, asked_ms, closed_ms,
        closed_by) VALUES (?, ?, ?, 0, 0, ?, ?, 'record')
      ON CONFLICT (terminal, id) DO UPDATE
      SET closed_ms = excluded.closed_ms, closed_by = excluded.closed_by
      WHERE hold.closed_ms IS NULL
      """,
      [
        terminal.number, released.hold.digest.blob, released.account?.number ?? 0, now, now,
      ])
  }
}
