import CanteenModel
import Foundation
import SQLStore
import SettlementCore
import SyncProtocol

/// What other terminals of a canteen saw of a chain that its owner does not present.
///
/// A disk that lost the end of its ledger, and an image that was restored, know nothing of it; a neighbour has the
/// head that the owner signed then. The owner is held to its own word, and only to one that it can have given
/// after the head came in: it echoes an ack that was made later.
extension Books {
  /// Keeps the heads that a batch brought. What is not genuine, or of another canteen, is passed over: it is no
  /// reason to refuse the sender's own records.
  func keepWitnessed(_ batch: OpenedBatch, _ db: any Database) throws {
    for bytes in batch.witnessed {
      // try?: bytes that are no head say nothing.
      guard let claim = try? HeadCodec.claim(of: bytes),
        try isNeighbour(claim.terminal, of: batch.facts.terminal, db),
        let head = try genuine(claim, bytes, db),
        try db.row(
          "SELECT 1 FROM record WHERE terminal = ? AND id = ?",
          [head.terminal.number, head.head.blob]) == nil
      else { continue }
      try keep(head, bytes, by: batch.facts.terminal, db)
    }
  }

  private func isNeighbour(
    _ owner: TerminalID, of witness: TerminalID, _ db: any Database
  ) throws -> Bool {
    try db.row(
      """
      SELECT 1 FROM terminal JOIN terminal AS other ON other.canteen = terminal.canteen
      WHERE terminal.number = ? AND other.number = ? AND terminal.canteen > 0
        AND terminal.number <> other.number
      """, [owner.number, witness.number]) != nil
  }

  /// - Returns: `nil` unless the owner signed it, with a key that it had at that place.
  private func genuine(
    _ claim: ChainHead, _ bytes: [UInt8], _ db: any Database
  ) throws -> ChainHead? {
    guard let line = try keyLineIfJoined(claim.terminal, db) else { return nil }
    let inForce = line.key(behind: claim.position)
    for key in line.all where line.mayBeSigned(by: key, where: inForce) {
      // try?: it may be another key's.
      if let head = try? HeadCodec.open(bytes, key: try VerifyingKey(rawBytes: key.bytes)) {
        return head
      }
    }
    return nil
  }

  private func keyLineIfJoined(_ terminal: TerminalID, _ db: any Database) throws -> KeyLine? {
    let row = try db.row(
      "SELECT 1 FROM terminal WHERE number = ? AND public_key IS NOT NULL", [terminal.number])
    return row == nil ? nil : try keyLine(of: terminal, db)
  }

  /// The highest of each epoch stands, until records are known to be missing before it: then that one does.
  private func keep(
    _ head: ChainHead, _ bytes: [UInt8], by witness: TerminalID, _ db: any Database
  ) throws {
    let held = try heldEnd(of: head.terminal, head.position.epoch, db)
    try db.execute(
      """
      INSERT INTO witness (terminal, epoch, sequence, head, signed, witness, held_sequence,
        after_intake)
      SELECT number, ?, ?, ?, ?, ?, ?, last_intake FROM terminal WHERE number = ?
      ON CONFLICT (terminal, epoch) DO UPDATE SET sequence = excluded.sequence,
        head = excluded.head, signed = excluded.signed, witness = excluded.witness,
        held_sequence = excluded.held_sequence, after_intake = excluded.after_intake
      WHERE excluded.sequence > witness.sequence AND witness.missing IS NULL
      """,
      [
        head.position.epoch.number, Int64(head.position.sequence.number), head.head.blob,
        Data(bytes), witness.number, Int64(held.number), head.terminal.number,
      ])
  }

  /// Up to where the accepted branch of an epoch is held; nothing of one that is not open here.
  private func heldEnd(
    of terminal: TerminalID, _ epoch: Epoch, _ db: any Database
  ) throws -> SequenceNumber {
    let row = try db.row(
      "SELECT last_sequence FROM chain WHERE terminal = ? AND epoch = ?",
      [terminal.number, epoch.number])
    return try row.map { SequenceNumber(try $0.integer("last_sequence")) } ?? .none
  }

  /// After a terminal spoke: forgets the heads that it presented, and notes what it lost by its own word.
  ///
  /// - Parameter echoed: The number of the ack that it echoed; `nil` where it could not be held to it.
  func judgeTail(
    of facts: BatchFacts, _ verdict: ChainVerdict, echoed: Int64?, _ db: any Database
  ) throws {
    try db.execute(
      """
      DELETE FROM witness WHERE terminal = ? AND EXISTS (SELECT 1 FROM record
        WHERE record.terminal = witness.terminal AND record.id = witness.head)
      """, [facts.terminal.number])
    guard let echoed, case .extends = verdict else { return }
    #if SEEDED_BUGS
      let read = planted == .accusesAtOnce ? Int64.max : echoed
    #else
      let read = echoed
    #endif
    let rows = try db.rows(
      """
      SELECT epoch, sequence, held_sequence FROM witness
      WHERE terminal = ? AND epoch <= ? AND after_intake < ? AND missing IS NULL ORDER BY epoch
      """, [facts.terminal.number, facts.epoch.number, read])
    for row in rows {
      let epoch = Epoch(try row.integer("epoch"))
      let witnessed = SequenceNumber(try row.integer("sequence"))
      let held = try heldEnd(of: facts.terminal, epoch, db)
      // An older epoch is handed in whole before the next one is.
      let end = epoch == facts.epoch ? facts.newest ?? held : held
      let missing = TailRule.missing(
        witnessed: witnessed, before: SequenceNumber(try row.integer("held_sequence")), end: end,
        held: held)
      if let missing { try note(missing, of: facts.terminal, epoch, db) }
    }
  }

  private func note(
    _ missing: TailRule.Missing, of terminal: TerminalID, _ epoch: Epoch, _ db: any Database
  ) throws {
    try db.execute(
      "UPDATE witness SET missing = ?, is_at_most = ? WHERE terminal = ? AND epoch = ?",
      [Int64(missing.records), missing.isAtMost, terminal.number, epoch.number])
    try raise(
      .lostTail, of: terminal,
      at: JournalPosition(epoch: epoch, sequence: missing.behind.next), db)
  }

  /// What is missing, terminal by terminal, for the report.
  func lostTails(
    _ db: any Database
  ) throws -> [(terminal: UInt32, line: SettlementReport.LostTail)] {
    try db.rows(
      """
      SELECT terminal, epoch, sequence, witness, missing, is_at_most FROM witness
      WHERE missing IS NOT NULL ORDER BY terminal, epoch
      """
    ).map { row in
      (
        try row.integer("terminal"),
        SettlementReport.LostTail(
          epoch: try row.integer("epoch"), lastSequence: try row.integer("sequence"),
          missing: try row.integer("missing"), isAtMost: row["is_at_most"] == true,
          witness: try row.integer("witness"))
      )
    }
  }
}
