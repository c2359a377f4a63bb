package import CanteenModel
import GRDB
import SyncProtocol
import Synchronization

extension Journal {
  /// Recomputes the whole chain, and the sales and counters from the records; and lets SQLite check the
  /// tables.
  ///
  /// It reads in slices of a few milliseconds, so that selling goes on between them, and ends when its
  /// task is cancelled. SQLite's own check of a table takes 0.2 s for a million rows: a card that comes
  /// ends it, and after three times the table is left for a quieter moment.
  ///
  /// The meal counters are compared only when nothing was sold meanwhile; they move with every sale.
  /// Where records were removed, everything begins behind them.
  package func verify() async throws(JournalError) -> VerificationReport {
    verifications.withLock { $0 += 1 }
    defer { verifications.withLock { $0 -= 1 } }
    // On the connection's queue: a slice of pruning that is under way ends before.
    let (end, pruned) = try await read { _ in self.state.withLock { ($0.position, $0.pruned) } }
    var walk = VerificationWalk(
      chain: ChainCheck(
        terminal: configuration.terminal, position: pruned.position, head: pruned.head),
      holds: try await read { db in try HoldCheck(db) }, start: pruned.position,
      countedFromDay: pruned.countedFromDay)
    do throws(JournalError) {
      while walk.chain.position < end {
        guard !Task.isCancelled else { throw JournalError.stopped }
        let current = walk
        walk = try await read { db in try current.continued(db, to: end, limit: Self.chainAtOnce) }
      }
    } catch {
      guard case .damaged(let finding) = error else { throw error }
      return VerificationReport(records: walk.records, findings: [finding])
    }
    let rows = try await saleRows(upTo: end)
    let meals = try await mealRows(from: pruned.countedFromDay)
    let finished = walk
    var findings = try await read { db in try finished.compare(rows, meals, db, upTo: end) }
    findings += try await unsettledFindings()
    let (said, unchecked) = try await tableFindings()
    return VerificationReport(
      records: walk.records, findings: findings + said, unchecked: unchecked)
  }

  /// How many records are hashed and decoded at once: some tenths of a millisecond.
  private static let chainAtOnce = 16

  /// How many rows are read at once: some tenths of a millisecond.
  private static let rowsAtOnce = 250

  /// Fingerprints the sale rows up to a record, in slices.
  private func saleRows(upTo end: JournalPosition) async throws(JournalError) -> SaleRowWalk {
    var walk = SaleRowWalk()
    while !walk.isComplete {
      guard !Task.isCancelled else { throw .stopped }
      let current = walk
      walk = try await read { db in
        try current.continued(db, upTo: end, limit: Self.rowsAtOnce)
      }
    }
    return walk
  }

  /// Fingerprints the meal counters from a day on, in slices.
  private func mealRows(from day: Int32) async throws(JournalError) -> MealRowWalk {
    var walk = MealRowWalk(countedFromDay: day)
    while !walk.isComplete {
      guard !Task.isCancelled else { throw .stopped }
      let current = walk
      walk = try await read { db in try current.continued(db, limit: Self.rowsAtOnce) }
    }
    return walk
  }

  /// Compares what the state says is unsettled with the records behind the last ack, as of now.
  private func unsettledFindings() async throws(JournalError) -> [String] {
    let (acked, end, total) = try await read { _ in
      self.state.withLock { ($0.acknowledged.position, $0.position, $0.unsettledTotal) }
    }
    var (place, sum) = (acked, Fen.zero)
    while place < end {
      guard !Task.isCancelled else { throw .stopped }
      let (start, before) = (place, sum)
      (place, sum) = try await read { db in
        let slice = try Self.soldFen(behind: start, upTo: end, limit: Self.recordsAtOnce, db)
        return (slice.end, try before + slice.fen)
      }
    }
    let stored = try await read { db in
      // Only as long as nothing moved: the state in memory is then the one on disk.
      try self.state.withLock { $0.position == end && $0.acknowledged.position == acked }
        ? Int64.fetchOne(db, sql: "SELECT unsettled_fen FROM terminal_state") : nil
    }
    guard sum == total, stored ?? total.value == total.value else {
      return ["what is unsettled is not what the records behind the last ack sold"]
    }
    return []
  }

  /// How many records are decoded at once: about a millisecond.
  private static let recordsAtOnce = 100

  /// What SQLite says about each table and its indexes, and whether they are this version's; and the
  /// tables that could not be checked because cards kept coming.
  private func tableFindings() async throws(JournalError) -> (said: [String], unchecked: [String]) {
    let tables = try await read { db in
      try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
    }
    var findings: [String] = []
    var unchecked: [String] = []
    let areOurs = try await read { db in try Schema.definitions(db) == Schema.definitions() }
    if !areOurs { findings.append("table definitions are not those of this version") }
    for table in tables + ["sqlite_schema"] {
      var said: [String]?
      for _ in 0..<Self.attempts where said == nil {
        guard !Task.isCancelled else { throw .stopped }
        said = try await read { db in try self.check(table, db) }
      }
      if said == nil { unchecked.append(table) }
      findings += (said ?? []).filter { $0 != "ok" }.map { "table \(table): \($0)" }
    }
    return (findings, unchecked)
  }

  /// How often the check of a table is begun before it is left for another time.
  private static let attempts = 3

  /// - Returns: What SQLite says; `nil` when a card came meanwhile, or waits.
  func check(_ table: String, _ db: Database) throws -> [String]? {
    let mayBegin = waitingRoom.withLock { room in
      room.isChecking = !room.isDraining && !room.isStopped && !executor.isWanted
      return room.isChecking
    }
    guard mayBegin else { return nil }
    // Until this is put back, whoever wants the ledger's thread interrupts what runs here and nothing else.
    defer { waitingRoom.withLock { $0.isChecking = false } }
    do {
      return try String.fetchAll(
        db, sql: "PRAGMA integrity_check(\(table.quotedDatabaseIdentifier))")
    } catch let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT {
      return nil
    }
  }
}

/// A verification in progress: the chain so far, and what the records say about sales.
private struct VerificationWalk: Sendable {
  var chain: ChainCheck
  var holds: HoldCheck
  /// Behind here everything is verified.
  let start: JournalPosition
  /// Meals before this day are not compared: some of their records were removed.
  let countedFromDay: Int32
  var records = 0
  var sales = RowFingerprint()
  var corrections = RowFingerprint()
  var rotations = RowFingerprint()
  var counters = MealFingerprints()

  func continued(_ db: Database, to end: JournalPosition, limit: Int) throws -> VerificationWalk {
    var next = self
    var seen: [(JournalPosition, wall: Int64, bytes: [UInt8])] = []
    try next.chain.walk(db, to: end, limit: limit) { seen.append(($0, $1, $2)) }
    for (position, wall, bytes) in seen {
      let record = try RecordCodec.decode(bytes)
      guard record.time.wallMilliseconds == wall else {
        throw JournalError.damaged("record \(position.sequence): its row has another time")
      }
      try next.count(record, at: position)
    }
    return next
  }

  private mutating func count(_ record: JournalRecord, at position: JournalPosition) throws {
    records += 1
    try holds.count(record)
    switch record.body {
    case .epochOpened, .decline, .dayClosed, .holdReleased: break
    case .keyRotated:
      rotations.add([Int64(position.epoch.number), Int64(position.sequence.number)])
    case .sale(let sale):
      for row in SaleRow.rows(of: sale, at: position, record.time) { sales.add(row.columns) }
      count(SaleCounts(of: sale).columns, sale.account, sale.slot)
    case .correction(let correction) where correction.elsewhere != nil: break
    case .correction(let correction):
      for row in SaleRow.rows(of: correction, at: position, record.time) { sales.add(row.columns) }
      count(correction.uncounted.columns.map { -$0 }, correction.account, correction.slot)
      corrections.add(CorrectionRows.columns(of: correction, at: position))
    }
  }

  private mutating func count(_ counts: [Int64], _ account: AccountID, _ slot: MealKey) {
    if slot.day >= countedFromDay { counters.add(account, slot, counts) }
  }

  /// Compares what the records say with the rows beside them, as of the record where the walk ended.
  func compare(
    _ rows: SaleRowWalk, _ meals: MealRowWalk, _ db: Database, upTo end: JournalPosition
  ) throws -> [String] {
    var findings: [String] = []
    if rows.sales != sales { findings.append("the sale rows are not those of the records") }
    let last = try Row.fetchOne(db, sql: "SELECT epoch, sequence FROM terminal_state")
    guard let last, try last.position() == end else { return findings }
    findings += try holds.findings(db)
    let corrected = try Row.fetchAll(
      db, sql: "SELECT original_epoch, original_sequence, epoch, sequence FROM correction")
    var correctionRows = RowFingerprint()
    for row in corrected { correctionRows.add(try (0..<4).map { try row.value($0) }) }
    if correctionRows != corrections {
      findings.append("the rows of corrections are not those of the records")
    }
    let rotated = try RotationRows.fingerprint(behind: start, db)
    if rotated != rotations {
      findings.append("the rows of the key's rotations are not those of the records")
    }
    if !meals.counters.isSame(as: counters) {
      findings.append("the meal counters are not those of the records")
    }
    return findings
  }
}

/// The fingerprints of the meal counters, one for each column that counts.
private struct MealFingerprints: Sendable {
  private var columns = Array(repeating: RowFingerprint(), count: 6)

  mutating func add(_ account: AccountID, _ slot: MealKey, _ counts: [Int64]) {
    add([account.number, Int64(slot.day), Int64(slot.period)], counts)
  }

  mutating func add(_ key: [Int64], _ counts: [Int64]) {
    for (index, count) in counts.enumerated() {
      columns[index].add(key, times: count)
    }
  }

  func isSame(as other: MealFingerprints) -> Bool {
    zip(columns, other.columns).allSatisfy { $0.isSameSum(as: $1) }
  }
}

/// The sale rows that were read so far, in the order of their key.
private struct SaleRowWalk: Sendable {
  private(set) var sales = RowFingerprint()
  private(set) var isComplete = false
  private var account = Int64.min
  private var epoch: Int64 = 0
  private var sequence: Int64 = 0
  private var purse: Int64 = 0
  private var tranche: Int64 = 0

  func continued(_ db: Database, upTo end: JournalPosition, limit: Int) throws -> SaleRowWalk {
    var next = self
    let statement = try db.cachedStatement(
      sql: """
        SELECT account, epoch, sequence, purse, tranche, fen, boot_ms FROM sale
        WHERE (account, epoch, sequence, purse, tranche) > (?, ?, ?, ?, ?)
        ORDER BY account, epoch, sequence, purse, tranche LIMIT ?
        """)
    let rows = try Row.fetchAll(
      statement, arguments: [account, epoch, sequence, purse, tranche, limit])
    for row in rows {
      (next.account, next.epoch, next.sequence) = (
        try row.value(0), try row.value(1), try row.value(2)
      )
      (next.purse, next.tranche) = (try row.value(3), try row.value(4))
      let last = try row.position(from: 1)
      guard last <= end else { continue }
      next.sales.add(try (0..<7).map { try row.value($0) })
    }
    next.isComplete = rows.count < limit
    return next
  }
}

/// The meal counters that were read so far, in the order of their key.
private struct MealRowWalk: Sendable {
  let countedFromDay: Int32
  private(set) var counters = MealFingerprints()
  private(set) var isComplete = false
  private var key: [Int64] = [.min, 0, 0]

  init(countedFromDay: Int32) {
    self.countedFromDay = countedFromDay
  }

  func continued(_ db: Database, limit: Int) throws -> MealRowWalk {
    var next = self
    let statement = try db.cachedStatement(
      sql: """
        SELECT account, day, period, sales, guests, fen, alone, alone_fen, market_fen
        FROM meal_counter WHERE (account, day, period) > (?, ?, ?)
        ORDER BY account, day, period LIMIT ?
        """)
    let rows = try Row.fetchAll(statement, arguments: [key[0], key[1], key[2], limit])
    for row in rows {
      next.key = try (0..<3).map { try row.value($0) }
      guard next.key[1] >= Int64(countedFromDay) else { continue }
      next.counters.add(next.key, try (3..<9).map { try row.value($0) })
    }
    next.isComplete = rows.count < limit
    return next
  }
}
