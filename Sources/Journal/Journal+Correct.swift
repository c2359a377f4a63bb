package import CanteenModel
import Foundation
import GRDB
import SyncProtocol
import Synchronization
package import TerminalCore

/// What came of a correction. It exists only after the record, if there is one, is on disk.
package enum CorrectionOutcome: Hashable, Sendable {
  case corrected(CorrectionRecord, at: JournalPosition)
  /// Nothing was written.
  case refused(CorrectionRefusal)
}

extension Journal {
  /// Decides a correction and makes it durable, in the same transaction.
  ///
  /// Only sales of this terminal are corrected here; for what another one sold the centre is asked first
  /// (``askRefund(of:epoch:sequence:amount:)``).
  ///
  /// - Throws: ``JournalError/commitFailed(code:)``: the record may or may not be on disk.
  package func correct(
    _ request: CorrectionRequest
  ) async throws(JournalError) -> CorrectionOutcome {
    try await write { db, draft in
      let facts: CorrectionFacts
      switch try CorrectionRows.facts(of: request.original, closedUpTo: draft.closedUpTo, db) {
      case .failure(let refusal): return .refused(refusal)
      case .success(let found): facts = found
      }
      switch try CorrectionRule.decide(request, facts) {
      case .refuse(let refusal): return .refused(refusal)
      case .correct(let correction):
        let time = draft.clock.stamp(self.configuration.readClock())
        let position = try self.append(
          JournalRecord(time: time, body: .correction(correction)), &draft, db)
        try CorrectionRows.insert(correction, at: position, time, db)
        // An equal presentation would be shown a sale that is none any more.
        draft.unlit.settle(correction.original)
        return .corrected(correction, at: position)
      }
    }
  }

  /// Counts what was done since the day before was closed, and closes the day. Records that were
  /// removed meanwhile, because nobody closed a day for longer than they are kept, are not counted: the
  /// close names the place from which it counts.
  ///
  /// What is left of leases is given back first. Whatever lies before the close is voided no more. The
  /// close is provisional until the centre has every record that it counts.
  ///
  /// - Throws: ``JournalError/commitFailed(code:)``: the record may or may not be on disk.
  package func closeDay(
    by identity: OperatorIdentity
  ) async throws(JournalError) -> (closed: DayClosed, position: JournalPosition) {
    try await releaseHolds()
    try await write { db, draft in try self.unfold(&draft, db) }
    let (start, before) = state.withLock {
      (max($0.closedUpTo, $0.pruned.position), $0.closedUpTo)
    }
    let counted = try await counted(from: start)
    guard let day = try await close(counted, from: start, behind: before, by: identity) else {
      return try await closeDay(by: identity)
    }
    return day
  }

  /// Counts the records behind a place, in slices.
  private func counted(from start: JournalPosition) async throws(JournalError) -> DayWalk {
    var sum = DayWalk(position: start)
    var isComplete = false
    while !isComplete {
      let current = sum
      sum = try await read { db in try current.continued(db, limit: Self.recordsAtOnce) }
      isComplete = sum.position == current.position
    }
    return sum
  }

  /// - Returns: `nil` when somebody else closed the day meanwhile: then it must be counted anew.
  private func close(
    _ counted: DayWalk, from start: JournalPosition, behind before: JournalPosition,
    by identity: OperatorIdentity
  ) async throws(JournalError) -> (closed: DayClosed, position: JournalPosition)? {
    try await write { db, draft in
      guard draft.closedUpTo == before else { return nil }
      // What came while the last slice was read: a few records.
      let whole = try counted.continued(db, limit: .max)
      let closed = DayClosed(
        behind: start.sequence == .none ? draft.closedUpTo : start, totals: whole.totals,
        unsettled: UInt64(draft.backlog.records),
        by: identity)
      let time = draft.clock.stamp(self.configuration.readClock())
      let position = try self.append(
        JournalRecord(time: time, body: .dayClosed(closed)), &draft, db)
      try db.execute(
        sql: "UPDATE terminal_state SET closed_epoch = ?, closed_sequence = ?",
        arguments: [position.epoch.number, Int64(position.sequence.number)])
      draft.closedUpTo = position
      return (closed, position)
    }
  }

  /// How many records are read at once: some milliseconds.
  private static let recordsAtOnce = 500
}

/// The sum of the records that were read so far.
private struct DayWalk: Sendable {
  private(set) var position: JournalPosition
  private(set) var totals = DayTotals()

  init(position: JournalPosition) {
    self.position = position
  }

  func continued(_ db: Database, limit: Int) throws -> DayWalk {
    var next = self
    let statement = try db.cachedStatement(
      sql: """
        SELECT epoch, sequence, bytes FROM record WHERE (epoch, sequence) > (?, ?)
        ORDER BY epoch, sequence LIMIT ?
        """)
    let cursor = try Row.fetchCursor(
      statement, arguments: [position.epoch.number, Int64(position.sequence.number), limit])
    while let row = try cursor.next() {
      try next.totals.add(try RecordCodec.decode(Array(try row.value(2) as Data)))
      next.position = try row.position()
    }
    return next
  }
}
