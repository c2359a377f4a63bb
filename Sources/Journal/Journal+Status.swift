package import CanteenModel
import Foundation
import GRDB
import SyncProtocol
import Synchronization

/// A record as people read it.
package struct JournalEntry: Hashable, Sendable {
  package let position: JournalPosition
  /// The head after the record.
  package let id: Digest32
  package let record: JournalRecord
}

/// Where the journal stands, for the operator.
package struct JournalStanding: Hashable, Sendable {
  package let position: JournalPosition
  package let acknowledged: Acknowledged
  package let rulebook: Rulebook?
  package let today: DayTally
  /// Record time of the oldest record that the centre does not have; `nil` when it has all.
  package let oldestUnsyncedWallMilliseconds: Int64?
  /// Records that the centre does not have.
  package let unsynced: Int
  package let isStopped: Bool
}

extension Journal {
  /// Where the journal stands.
  package func standing() async throws(JournalError) -> JournalStanding {
    let now = state.withLock { $0 }
    let acked = now.acknowledged.position
    let (unsynced, oldest) = try await read { db in
      let row = try Row.fetchOne(
        db,
        sql: "SELECT count(*), min(wall_ms) FROM record WHERE (epoch, sequence) > (?, ?)",
        arguments: [acked.epoch.number, Int64(acked.sequence.number)])
      return (row?[0] as Int? ?? 0, row?[1] as Int64?)
    }
    return JournalStanding(
      position: now.position, acknowledged: now.acknowledged, rulebook: now.rulebook,
      today: now.today, oldestUnsyncedWallMilliseconds: oldest, unsynced: unsynced,
      isStopped: isStopped)
  }

  /// The newest records, newest first.
  ///
  /// - Parameter limit: 1...1000.
  package func newest(_ limit: Int) async throws(JournalError) -> [JournalEntry] {
    precondition((1...1000).contains(limit), "1 to 1000 records are read at once")
    return try await read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT epoch, sequence, bytes, head FROM record ORDER BY epoch DESC, sequence DESC LIMIT ?
          """, arguments: [limit]
      ).map { row in
        JournalEntry(
          position: JournalPosition(epoch: Epoch(row[0]), sequence: SequenceNumber(row[1])),
          id: try row.head("head"), record: try RecordCodec.decode(Array(row[2] as Data)))
      }
    }
  }

  /// Moves the write-ahead log into the file when it has grown and nobody waits.
  ///
  /// A lying disk can corrupt a database at a checkpoint only, so there are few of them.
  ///
  /// - Returns: Whether a checkpoint ran.
  @discardableResult
  package func checkpointIfGrown() async throws(JournalError) -> Bool {
    let path = configuration.path + "-wal"
    // No size means no log yet: nothing to move.
    let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int ?? 0
    guard size > Self.checkpointBytes, waitingRoom.withLock({ !$0.isDraining }) else {
      return false
    }
    return try await read { db in
      try db.checkpoint(.truncate)
      return true
    }
  }

  private static let checkpointBytes = 4 * 1024 * 1024
}
