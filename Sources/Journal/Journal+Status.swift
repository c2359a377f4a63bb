package import CanteenModel
import Foundation
import GRDB
import SyncProtocol
import Synchronization
package import TerminalCore

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
  /// What a record made now would bear.
  package let time: RecordTime
  /// Record time of the oldest record that the centre does not have; `nil` when it has all.
  package let oldestUnsyncedWallMilliseconds: Int64?
  /// Records that the centre does not have.
  package let unsynced: Int
  /// What they sold, and how near that is to the rulebook's brakes.
  package let unsettledTotal: Fen
  package let brake: BrakeLevel
  package let isStopped: Bool
  /// Whether the centre has retired the terminal: it approves nothing more.
  package let isRetired: Bool
  /// What the ledger was begun with, when the one before it was damaged.
  package let salvage: Salvage?
}

extension Journal {
  /// The meal period that is being served, by the time that a record made now would bear.
  package var mealPeriod: MealPeriod? {
    var now = state.withLock { $0 }
    let wall = now.clock.reading(configuration.readClock()).wallMilliseconds
    now.enforceRulebook(at: wall)
    return now.rulebook?.meal(at: wall)?.period
  }

  /// The time by which certificates are judged, Unix milliseconds: the wall clock where it is believed,
  /// otherwise the later of the day on which the program was built and the last time that the centre signed.
  /// So a terminal that wakes in 1970 finds its centre, which tells it the time.
  package var linkTime: Int64 {
    let now = state.withLock { $0 }
    let time = now.clock.reading(configuration.readClock())
    return time.isTrusted
      ? time.wallMilliseconds
      : max(configuration.clockFloorMilliseconds, now.acknowledged.timeMilliseconds)
  }

  /// Where the journal stands. It answers also when the journal was stopped, from memory alone.
  package func standing() async throws(JournalError) -> JournalStanding {
    var now = state.withLock { $0 }
    let time = now.clock.reading(configuration.readClock())
    now.enforceRulebook(at: time.wallMilliseconds)
    let backlog = now.backlog
    let brake = now.rulebook.map {
      BrakeLevel(of: backlog, limits: $0.brakes, at: time.wallMilliseconds)
    }
    var today = now.today
    today.turn(to: time)
    return JournalStanding(
      position: now.position, acknowledged: now.acknowledged, rulebook: now.rulebook, today: today,
      time: time, oldestUnsyncedWallMilliseconds: backlog.sinceWallMilliseconds,
      unsynced: backlog.records,
      unsettledTotal: now.unsettledTotal, brake: brake ?? .free,
      isStopped: isStopped, isRetired: now.isRetired, salvage: now.salvage)
  }

  /// The newest records, newest first; read in slices.
  ///
  /// - Parameter limit: 1...1000.
  package func newest(_ limit: Int) async throws(JournalError) -> [JournalEntry] {
    precondition((1...1000).contains(limit), "1 to 1000 records are read at once")
    var entries: [JournalEntry] = []
    while entries.count < limit {
      let count = min(Self.entriesAtOnce, limit - entries.count)
      let last = entries.last?.position
      let slice = try await read { db in try Self.newest(count, before: last, db) }
      entries += slice
      if slice.count < count { break }
    }
    return entries
  }

  /// How many records are decoded at once: about a millisecond.
  private static let entriesAtOnce = 100

  private static func newest(
    _ limit: Int, before position: JournalPosition?, _ db: Database
  ) throws -> [JournalEntry] {
    let statement = try db.cachedStatement(
      sql: """
        SELECT epoch, sequence, bytes, head FROM record WHERE (epoch, sequence) < (?, ?)
        ORDER BY epoch DESC, sequence DESC LIMIT ?
        """)
    return try Row.fetchAll(
      statement,
      arguments: [
        position.map { Int64($0.epoch.number) } ?? .max,
        position.map { Int64($0.sequence.number) } ?? .max, limit,
      ]
    ).map { row in
      JournalEntry(
        position: try row.position(), id: try row.head("head"),
        record: try RecordCodec.decode(Array(try row.value(2) as Data)))
    }
  }

  /// The days that were closed last, newest first.
  ///
  /// - Parameter limit: 1...1000.
  package func closedDays(_ limit: Int) async throws(JournalError) -> [JournalEntry] {
    precondition((1...1000).contains(limit), "1 to 1000 days are read at once")
    let last = state.withLock { $0.closedUpTo }
    return try await read { db in
      var entries: [JournalEntry] = []
      var position = last
      // Each close names the one before it.
      while entries.count < limit, position.sequence != .none,
        let row = try Row.fetchOne(
          db, sql: "SELECT bytes, head FROM record WHERE epoch = ? AND sequence = ?",
          arguments: [position.epoch.number, Int64(position.sequence.number)])
      {
        let record = try RecordCodec.decode(Array(try row.value(0) as Data))
        guard case .dayClosed(let closed) = record.body else {
          throw JournalError.damaged("record \(position.sequence) closes no day")
        }
        entries.append(JournalEntry(position: position, id: try row.head("head"), record: record))
        position = closed.behind
      }
      return entries
    }
  }

  /// Moves the write-ahead log into the file when it has grown and nobody waits.
  ///
  /// A lying disk can corrupt a database at a checkpoint only, so there are few of them.
  ///
  /// A disk that is full, or a reader in the way, leaves the log as it is until the next time; a disk
  /// that fails stops the journal.
  ///
  /// - Parameter bytes: The size of the log that is left alone.
  /// - Returns: Whether a checkpoint ran.
  /// - Throws: ``JournalError/commitFailed(code:)``.
  @discardableResult
  package func checkpointIfGrown(
    beyond bytes: Int = checkpointBytes
  ) async throws(JournalError) -> Bool {
    let path = configuration.path + "-wal"
    // No size means no log yet: nothing to move.
    let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int ?? 0
    guard size > bytes, waitingRoom.withLock({ !$0.isDraining }) else {
      return false
    }
    return try await checkpoint()
  }

  private func checkpoint() async throws(JournalError) -> Bool {
    let result: Result<Bool, JournalError> = try await read { db in
      do {
        try db.checkpoint(.truncate)
        return .success(true)
      } catch let error as DatabaseError {
        guard error.isOfTheDisk else { return .success(false) }
        return .failure(self.stop(after: error, db))
      }
    }
    return try result.get()
  }

  /// As large the write-ahead log may grow.
  package static let checkpointBytes = 4 * 1024 * 1024
}
