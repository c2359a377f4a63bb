import CanteenModel
import Foundation
import GRDB
import SyncProtocol
import TerminalCore

/// Up to where records were removed because nothing needs them any more. What is left is verified from
/// here.
struct PrunedEnd: Hashable, Sendable {
  /// The last record that was removed; sequence 0 of epoch 1 when none was.
  var position: JournalPosition
  /// The head after it.
  var head: Digest32
  /// Meals before this local day are no longer counted, as far as their records were removed.
  var countedFromDay: Int32

  /// - Throws: ``JournalError/damaged(_:)`` when the row does not fit its seal.
  static func read(_ db: Database) throws -> PrunedEnd {
    let row = try Row.fetchOne(
      db, sql: "SELECT epoch, sequence, head, counted_from_day, seal FROM pruned")
    guard let row else {
      return PrunedEnd(
        position: JournalPosition(epoch: Epoch(1), sequence: .none), head: .zero,
        countedFromDay: 0)
    }
    let end = PrunedEnd(
      position: try row.position(), head: try row.head("head"), countedFromDay: try row.value(3))
    guard try row.head("seal") == end.seal else {
      throw JournalError.damaged("the place up to which records were removed is not sealed")
    }
    return end
  }

  func insert(_ db: Database) throws {
    try db.cachedStatement(
      sql: """
        INSERT OR REPLACE INTO pruned (id, epoch, sequence, head, counted_from_day, seal)
        VALUES (1, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      position.epoch.number, Int64(position.sequence.number), head.blob, countedFromDay, seal.blob,
    ])
  }

  /// The head that a record with the day would have, if it were the next.
  private var seal: Digest32 {
    Chain.head(
      after: head, record: Array("\(countedFromDay)".utf8), terminal: TerminalID(0),
      position: position)
  }
}

/// Which of the oldest records may go, and what goes with them.
///
/// A record goes when the centre has it and, for a sale, when the fed row of its account includes it;
/// when it is older than the retention time; and when no limit counts it any more. Records go in their
/// order: one that must stay keeps those behind it.
struct Pruning {
  let configuration: Journal.Configuration
  let state: LedgerState
  /// Record time now, in milliseconds.
  let wallMilliseconds: Int64
  #if SEEDED_BUGS
    let seeded: SeededBugs
  #endif

  /// How many records go at once: about two milliseconds.
  static let recordsAtOnce = 32

  /// Removes the records behind ``PrunedEnd``, at most ``recordsAtOnce``.
  ///
  /// - Returns: Where the removed records end now; `nil` when none may go.
  func removeSlice(_ db: Database) throws -> PrunedEnd? {
    let statement = try db.cachedStatement(
      sql: """
        SELECT epoch, sequence, wall_ms, bytes, head FROM record
        WHERE (epoch, sequence) > (?, ?) AND (epoch, sequence) <= (?, ?)
        ORDER BY epoch, sequence LIMIT ?
        """)
    let (start, acked) = (state.pruned.position, state.acknowledged.position)
    let rows = try Row.fetchAll(
      statement,
      arguments: [
        start.epoch.number, Int64(start.sequence.number), acked.epoch.number,
        Int64(acked.sequence.number), Self.recordsAtOnce,
      ])
    var end = state.pruned
    for row in rows {
      let position = try row.position()
      let record = try RecordCodec.decode(Array(try row.value(3) as Data))
      guard try mayGo(record, at: position, db) else { break }
      try removeRows(beside: record, at: position, db)
      end.position = position
      end.head = try row.head("head")
      end.countedFromDay = max(end.countedFromDay, firstCountedDay)
    }
    guard end != state.pruned else { return nil }
    try db.cachedStatement(
      sql: """
        DELETE FROM record WHERE (epoch, sequence) > (?, ?) AND (epoch, sequence) <= (?, ?)
        """
    ).execute(arguments: [
      start.epoch.number, Int64(start.sequence.number), end.position.epoch.number,
      Int64(end.position.sequence.number),
    ])
    try end.insert(db)
    return end
  }

  /// The day from which limits may still count: the oldest that is kept, or the first of the month,
  /// for the supermarket's cap.
  private var firstCountedDay: Int32 {
    min(
      state.localDay(of: wallMilliseconds - configuration.retentionMilliseconds),
      state.slot(at: wallMilliseconds).firstDayOfMonth)
  }

  private func mayGo(
    _ record: JournalRecord, at position: JournalPosition, _ db: Database
  ) throws -> Bool {
    let age = wallMilliseconds - record.time.wallMilliseconds
    // The last record says what time it is, and what the chain goes on from.
    guard position < state.position, age > configuration.retentionMilliseconds else { return false }
    switch record.body {
    case .epochOpened, .decline, .dayClosed, .holdReleased, .keyRotated: return true
    // Nothing here counts it, and no row of ours waits to be included.
    case .correction(let correction) where correction.elsewhere != nil: return true
    case .correction(let correction):
      return try correction.slot.day < firstCountedDay
        && isIncluded(position, for: correction.account, db)
    case .sale(let sale):
      guard sale.slot.day < firstCountedDay else { return false }
      #if SEEDED_BUGS
        if seeded.bug == .notIncludedIsPruned { return true }
      #endif
      return try isIncluded(position, for: sale.account, db)
    }
  }

  /// Whether the balance that the centre fed has the record in it.
  private func isIncluded(
    _ position: JournalPosition, for account: AccountID, _ db: Database
  ) throws -> Bool {
    let statement = try db.cachedStatement(
      sql: "SELECT includes_epoch, includes_sequence FROM account WHERE account = ?")
    guard let row = try Row.fetchOne(statement, arguments: [account.number]) else { return false }
    // Epoch 0 is none.
    guard try row.value(0) as UInt32 > 0 else { return false }
    return try row.position() >= position
  }

  private func removeRows(
    beside record: JournalRecord, at position: JournalPosition, _ db: Database
  ) throws {
    switch record.body {
    case .epochOpened, .decline, .dayClosed, .holdReleased, .keyRotated: break
    case .sale(let sale): try removeRows(of: sale, at: position, db)
    case .correction(let correction) where correction.elsewhere != nil: break
    case .correction(let correction):
      try removeSaleRows(of: correction.account, at: position, db)
      try db.execute(
        sql: """
          DELETE FROM correction WHERE original_epoch = ? AND original_sequence = ? AND epoch = ?
            AND sequence = ?
          """,
        arguments: StatementArguments(CorrectionRows.columns(of: correction, at: position)))
    }
  }

  private func removeSaleRows(
    of account: AccountID, at position: JournalPosition, _ db: Database
  ) throws {
    try db.cachedStatement(
      sql: "DELETE FROM sale WHERE account = ? AND epoch = ? AND sequence = ?"
    ).execute(arguments: [
      account.number, position.epoch.number, Int64(position.sequence.number),
    ])
  }

  private func removeRows(
    of sale: SaleRecord, at position: JournalPosition, _ db: Database
  ) throws {
    try removeSaleRows(of: sale.account, at: position, db)
    // The first record of a meal takes the counter with it: nobody counts that day any more.
    try db.cachedStatement(
      sql: "DELETE FROM meal_counter WHERE account = ? AND day = ? AND period = ?"
    ).execute(arguments: [sale.account.number, sale.slot.day, Int(sale.slot.period)])
  }
}
