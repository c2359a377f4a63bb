import CanteenModel
import Foundation
import GRDB
import SyncProtocol

/// Recomputes the chain over the stored records.
struct ChainCheck {
  let terminal: TerminalID
  /// The last record that was checked.
  private(set) var position: JournalPosition
  /// The head after it.
  private(set) var head: Digest32
  private(set) var lastWallMilliseconds = Int64.min
  #if SEEDED_BUGS
    /// The hash is not compared.
    var believesEveryRow = false
  #endif

  /// - Parameters:
  ///   - position: The place to start behind; sequence 0 for an epoch's beginning.
  ///   - head: The head there.
  init(terminal: TerminalID, position: JournalPosition, head: Digest32) {
    self.terminal = terminal
    self.position = position
    self.head = head
  }

  /// Checks the records behind ``position``, at most `limit` of them, up to and including `end`.
  ///
  /// - Throws: ``JournalError/damaged(_:)`` at a gap, a wrong head or a record time that fell.
  mutating func walk(
    _ db: Database, to end: JournalPosition, limit: Int = .max,
    visit: (_ position: JournalPosition, _ wall: Int64, [UInt8]) throws -> Void = { _, _, _ in }
  ) throws {
    let statement = try db.cachedStatement(
      sql: """
        SELECT epoch, sequence, wall_ms, bytes, head FROM record
        WHERE (epoch, sequence) > (?, ?) AND (epoch, sequence) <= (?, ?)
        ORDER BY epoch, sequence LIMIT ?
        """)
    let cursor = try Row.fetchCursor(
      statement,
      arguments: [
        position.epoch.number, Int64(position.sequence.number), end.epoch.number,
        Int64(end.sequence.number), limit,
      ])
    var count = 0
    while let row = try cursor.next() {
      try check(row)
      try visit(position, lastWallMilliseconds, Array(try row.value(3) as Data))
      count += 1
    }
    if position < end, count < limit {
      throw JournalError.damaged(
        "record \(position.sequence.next) of epoch \(position.epoch) is missing")
    }
  }

  private mutating func check(_ row: Row) throws {
    let found = try row.position()
    if found.epoch > position.epoch { head = .zero }
    let expected = found.epoch > position.epoch ? SequenceNumber(1) : position.sequence.next
    guard found.sequence == expected else {
      throw JournalError.damaged("record \(expected) of epoch \(found.epoch) is missing")
    }
    head = Chain.head(
      after: head, record: Array(try row.value(3) as Data), terminal: terminal, position: found)
    #if SEEDED_BUGS
      let stored = believesEveryRow ? head : try row.head("head")
    #else
      let stored = try row.head("head")
    #endif
    guard head == stored else {
      throw JournalError.damaged(
        "record \(found.sequence) of epoch \(found.epoch) has another hash")
    }
    let wall: Int64 = try row.value(2)
    guard wall > lastWallMilliseconds else {
      throw JournalError.damaged("record \(found.sequence): its time is before the one before it")
    }
    lastWallMilliseconds = wall
    position = found
  }
}
