package import CanteenModel
import Foundation
import GRDB
import SyncProtocol
import TerminalCore

/// Where the ledger stands after its last commit. The truth is on disk; this is its copy in memory.
struct LedgerState: Sendable {
  /// The last record.
  var position: JournalPosition
  var head: Digest32
  var clock: RecordClock
  var acknowledged: Acknowledged
  var feedCursor: Int64
  /// `nil` until the centre fed one: nothing is sold before.
  var rulebook: Rulebook?
  var today: DayTally
  /// The last record when the ledger was opened: older ones may never have been lit.
  let openedAt: JournalPosition
}

/// What the centre has, by the last ack that is on disk.
package struct Acknowledged: Hashable, Sendable {
  package var position: JournalPosition
  package var head: Digest32
  /// To be echoed in the next batch; `nil` before the first ack.
  package var nonce: Digest32?
  /// The centre's Unix time of that ack in milliseconds; 0 before the first.
  package var timeMilliseconds: Int64
  /// How many records the next batch may carry.
  package var nextSize: Int
}

extension LedgerState {
  /// Reads the state at opening; the caller has checked that there is one.
  static func read(_ db: Database, floorMilliseconds: Int64, utcOffsetMinutes: Int) throws
    -> (state: LedgerState, terminal: TerminalID)
  {
    guard let row = try Row.fetchOne(db, sql: "SELECT * FROM terminal_state") else {
      throw JournalError.damaged("terminal_state is empty")
    }
    let position = JournalPosition(
      epoch: Epoch(row["epoch"]), sequence: SequenceNumber(row["sequence"]))
    let lastWall =
      try Int64.fetchOne(
        db, sql: "SELECT wall_ms FROM record WHERE epoch = ? AND sequence = ?",
        arguments: [position.epoch.number, Int64(position.sequence.number)]) ?? 0
    let rulebook = try (row["rulebook"] as Data?).map { try RulebookCodec.decode(Array($0)) }
    let acknowledged = Acknowledged(
      position: JournalPosition(
        epoch: Epoch(row["acked_epoch"]), sequence: SequenceNumber(row["acked_sequence"])),
      head: try row.head("acked_head"), nonce: try row.optionalHead("nonce"),
      timeMilliseconds: row["acked_time_ms"], nextSize: row["next_size"])
    let state = LedgerState(
      position: position, head: try row.head("head"),
      clock: RecordClock(lastWallMilliseconds: lastWall, floorMilliseconds: floorMilliseconds),
      acknowledged: acknowledged, feedCursor: row["feed_cursor"], rulebook: rulebook,
      today: try DayTally.read(
        db, utcOffsetMinutes: rulebook?.utcOffsetMinutes ?? utcOffsetMinutes, lastWall: lastWall),
      openedAt: position)
    return (state, TerminalID(row["terminal"]))
  }
}
