import CanteenModel
import GRDB
import SettlementCore

extension Books {
  /// Checks that every accepted branch ends in the record that its chain names.
  ///
  /// - Throws: ``StoreError/damaged(_:)`` with the first one that does not.
  static func checkChainEnds(_ db: Database) throws {
    let row = try Row.fetchOne(
      db,
      sql: """
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

  /// Opens an epoch, with nothing in it.
  func open(_ epoch: Epoch, of terminal: TerminalID, _ db: Database) throws {
    try db.execute(
      sql: "INSERT INTO chain (terminal, epoch, last_sequence, head) VALUES (?, ?, 0, ?)",
      arguments: [terminal.number, epoch.number, Digest32.zero.blob])
  }

  /// Where the accepted branch of an open epoch ends.
  func chainEnd(
    of terminal: TerminalID, _ epoch: Epoch, _ db: Database
  ) throws -> (last: SequenceNumber, head: Digest32) {
    let row = try Row.fetchOne(
      db, sql: "SELECT last_sequence, head FROM chain WHERE terminal = ? AND epoch = ?",
      arguments: [terminal.number, epoch.number])
    guard let row else {
      throw StoreError.damaged("terminal \(terminal), epoch \(epoch): no chain")
    }
    return (SequenceNumber(try row.integer("last_sequence")), try row.digest("head"))
  }

  /// What is held around the place where a batch begins.
  func heldChain(
    along batch: BatchFacts, end: (last: SequenceNumber, head: Digest32), _ db: Database
  ) throws -> HeldChain {
    let before = SequenceNumber(batch.first.number - 1)
    guard before < end.last else {
      return HeldChain(
        last: end.last, headBefore: before == end.last ? end.head : nil, heads: [])
    }
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT sequence, id FROM record
        WHERE terminal = ? AND epoch = ? AND sequence >= ? AND sequence < ? AND accepted = 1
        ORDER BY sequence
        """,
      arguments: [
        batch.terminal.number, batch.epoch.number, Int64(before.number),
        Int64(batch.first.number) + Int64(batch.count),
      ])
    let heads = try rows.map { try $0.digest("id") }
    guard before > .none else {
      return HeldChain(last: end.last, headBefore: .zero, heads: heads)
    }
    guard let head = heads.first else {
      throw StoreError.damaged("terminal \(batch.terminal): record \(before) is missing")
    }
    return HeldChain(last: end.last, headBefore: head, heads: Array(heads.dropFirst()))
  }
}
