import CanteenModel
import GRDB
import Synchronization
import TerminalCore

/// Equal refusals that came one after the other, with no other record between them: the first is a record
/// at once, the others of its minute become one more, with their number, before the next record. A card
/// that is tapped again and again neither fills the ledger nor waits for the disk.
struct FoldedDeclines: Sendable {
  /// The one that is a record, and where.
  let first: DeclineRecord
  let position: JournalPosition
  private let time: RecordTime
  /// Those behind it, which no record counts yet, and when the last of them came.
  private(set) var count: UInt32 = 0
  private(set) var last: RecordTime

  /// One minute.
  static let milliseconds: Int64 = 60_000

  init(_ first: DeclineRecord, at position: JournalPosition, _ time: RecordTime) {
    self.first = first
    self.position = position
    self.time = time
    last = time
  }

  /// Takes one more, if it is equal and of the minute.
  mutating func take(_ decline: DeclineRecord, at time: RecordTime) -> Bool {
    guard decline == first, !isOver(at: time), count < .max else { return false }
    count += 1
    last = time
    return true
  }

  func isOver(at time: RecordTime) -> Bool {
    time.wallMilliseconds - self.time.wallMilliseconds >= Self.milliseconds
  }

  /// What stands for those that no record counts; `nil` when there are none.
  var record: JournalRecord? {
    guard count > 0 else { return nil }
    return JournalRecord(
      time: last,
      body: .decline(
        DeclineRecord(
          reason: first.reason, account: first.account, lane: first.lane, medium: first.medium,
          amount: first.amount, count: count)))
  }
}

extension Journal {
  /// Writes a refusal, or counts it to those before it.
  ///
  /// - Returns: The record that stands for it, or for the first of its kind.
  func refuse(
    _ decline: DeclineRecord, at time: RecordTime, _ draft: inout LedgerState, _ db: Database
  ) throws -> JournalPosition {
    if draft.folded?.take(decline, at: time) == true, let first = draft.folded {
      draft.today.countRefusal(at: time)
      return first.position
    }
    let position = try append(JournalRecord(time: time, body: .decline(decline)), &draft, db)
    draft.folded = FoldedDeclines(decline, at: position, time)
    return position
  }

  /// Writes the record of the refusals that were only counted. Without any nothing happens.
  func unfold(_ draft: inout LedgerState, _ db: Database) throws {
    guard let record = draft.folded?.record else {
      draft.folded = nil
      return
    }
    draft.folded = nil
    // They are in the day's count already.
    let today = draft.today
    _ = try append(record, &draft, db)
    draft.today = today
  }

  /// Writes the record of refusals whose minute is over, so that the centre hears of them.
  package func unfoldDeclines() async throws(JournalError) {
    let time = state.withLock { $0.clock.reading(configuration.readClock()) }
    guard state.withLock({ $0.folded?.isOver(at: time) ?? false }) else { return }
    try await write { db, draft in try self.unfold(&draft, db) }
  }
}
