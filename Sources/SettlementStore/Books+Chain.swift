import CanteenModel
import SQLStore
import SettlementCore

extension Books {
  /// Checks that every accepted branch ends in the record that its chain names.
  ///
  /// - Throws: ``StoreError/damaged(_:)`` with the first one that does not.
  static func checkChainEnds(_ db: any Database) throws {
    let row = try db.row(
      """
      SELECT terminal, epoch, last_sequence FROM chain
      WHERE last_sequence > 0 AND NOT EXISTS (
        SELECT 1 FROM record WHERE record.terminal = chain.terminal AND record.id = chain.head
          AND record.epoch = chain.epoch AND record.sequence = chain.last_sequence
          AND accepted = 1)
      ORDER BY terminal, epoch LIMIT 1
      """)
    guard let row else { return }
    let (terminal, epoch, last): (Int64, Int64, Int64) = (
      try row.integer("terminal"), try row.integer("epoch"), try row.integer("last_sequence")
    )
    throw StoreError.damaged(
      "terminal \(terminal), epoch \(epoch): record \(last) is missing or is another one")
  }

  /// Where the accepted branch of an open epoch ends.
  func chainEnd(
    of terminal: TerminalID, _ epoch: Epoch, _ db: any Database
  ) throws -> (last: SequenceNumber, head: Digest32) {
    let row = try db.row(
      "SELECT last_sequence, head FROM chain WHERE terminal = ? AND epoch = ?",
      [terminal.number, epoch.number])
    guard let row else {
      throw StoreError.damaged("terminal \(terminal), epoch \(epoch): no chain")
    }
    return (SequenceNumber(try row.integer("last_sequence")), try row.digest("head"))
  }

  /// Up to where every branch that is held of an epoch has the same records: the end of the accepted
  /// one, unless there are forks. An ack that names this is believed by whichever branch asks.
  func commonEnd(
    of terminal: TerminalID, _ epoch: Epoch, end: (last: SequenceNumber, head: Digest32),
    _ db: any Database
  ) throws -> (last: SequenceNumber, head: Digest32) {
    let fork = try db.row(
      """
      SELECT sequence FROM record WHERE terminal = ? AND epoch = ? AND accepted = 0
      ORDER BY sequence LIMIT 1
      """, [terminal.number, epoch.number])
    guard let fork else { return end }
    let first: UInt64 = try fork.integer("sequence")
    let common = SequenceNumber(first - 1)
    guard common < end.last else { return end }
    guard common > .none else { return (.none, .zero) }
    return (common, try acceptedHead(of: terminal, epoch, at: common, db))
  }

  /// What the ack of a batch names that begins behind records which are not held.
  ///
  /// When the sender does not take up from there, or cannot, its branch left the held ones earlier than
  /// is known here: then nothing is named, and it hands in the whole epoch again. What is held already
  /// is found by its id.
  func endBefore(
    gap batch: BatchFacts, end: (last: SequenceNumber, head: Digest32), _ db: any Database
  ) throws -> (last: SequenceNumber, head: Digest32) {
    let common = try commonEnd(of: batch.terminal, batch.epoch, end: end, db)
    let wasNotTakenUp = try db.row(
      """
      SELECT 1 FROM intake WHERE terminal = ? AND epoch = ? AND first_sequence = ?
        AND acked_sequence < first_sequence - 1
      """,
      [batch.terminal.number, batch.epoch.number, Int64(batch.first.number)])
    return common.last >= batch.first || wasNotTakenUp != nil ? (.none, .zero) : common
  }

  /// What is held around the place where a batch begins.
  func heldChain(
    along batch: BatchFacts, end: (last: SequenceNumber, head: Digest32), _ db: any Database
  ) throws -> HeldChain {
    let before = SequenceNumber(batch.first.number - 1)
    let headBefore: Digest32? =
      if before == end.last {
        end.head
      } else if before > end.last {
        nil
      } else if before == .none {
        .zero
      } else {
        try acceptedHead(of: batch.terminal, batch.epoch, at: before, db)
      }
    let rows = try db.rows(
      """
      SELECT id FROM record
      WHERE terminal = ? AND epoch = ? AND sequence >= ? AND sequence < ? AND accepted = 1
      ORDER BY sequence
      """,
      [
        batch.terminal.number, batch.epoch.number, Int64(batch.first.number),
        Int64(batch.first.number) + Int64(batch.count),
      ])
    let followed = try db.row(
      """
      SELECT 1 FROM record
      WHERE terminal = ? AND id = ? AND epoch = ? AND sequence = ? AND accepted = 0
      """,
      [
        batch.terminal.number, batch.previousHead.blob, batch.epoch.number, Int64(before.number),
      ])
    return HeldChain(
      last: end.last, headBefore: headBefore, heads: try rows.map { try $0.digest("id") },
      followsFork: followed != nil)
  }

  private func acceptedHead(
    of terminal: TerminalID, _ epoch: Epoch, at place: SequenceNumber, _ db: any Database
  ) throws -> Digest32 {
    let row = try db.row(
      """
      SELECT id FROM record WHERE terminal = ? AND epoch = ? AND sequence = ? AND accepted = 1
      """, [terminal.number, epoch.number, Int64(place.number)])
    guard let row else {
      throw StoreError.damaged("terminal \(terminal): record \(place) is missing")
    }
    return try row.digest("id")
  }
}
