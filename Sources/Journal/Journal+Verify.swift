package import CanteenModel
import GRDB
import SyncProtocol
import Synchronization

extension Journal {
  /// Recomputes the whole chain, and the sales and counters from the records.
  ///
  /// It reads in slices, so that selling goes on between them, and ends when its task is cancelled.
  ///
  /// The meal counters are compared only when nothing was sold meanwhile; they move with every sale.
  package func verify() async throws(JournalError) -> VerificationReport {
    let end = state.withLock { $0.position }
    var walk = VerificationWalk(
      chain: ChainCheck(
        terminal: configuration.terminal,
        position: JournalPosition(epoch: Epoch(1), sequence: .none), head: .zero))
    do throws(JournalError) {
      while walk.chain.position < end {
        guard !Task.isCancelled else { throw JournalError.stopped }
        let current = walk
        walk = try await read { db in try current.continued(db, to: end, limit: 64) }
      }
    } catch {
      guard case .damaged(let finding) = error else { throw error }
      return VerificationReport(records: walk.records, findings: [finding])
    }
    let rows = try await saleRows(upTo: end)
    let finished = walk
    let findings = try await read { db in try finished.compare(rows, db, upTo: end) }
    return VerificationReport(records: walk.records, findings: findings)
  }

  /// How many rows are read at once: about a millisecond.
  private static let rowsAtOnce = 1000

  /// Counts and sums the sale rows up to a record, in slices.
  private func saleRows(upTo end: JournalPosition) async throws(JournalError) -> SaleRowSum {
    var sum = SaleRowSum()
    while !sum.isComplete {
      guard !Task.isCancelled else { throw .stopped }
      let current = sum
      sum = try await read { db in
        try current.continued(db, upTo: end, limit: Self.rowsAtOnce)
      }
    }
    return sum
  }
}

/// A verification in progress: the chain so far, and what the records say about sales.
private struct VerificationWalk: Sendable {
  var chain: ChainCheck
  var records = 0
  var sales = 0
  var paidFen: Int64 = 0
  var meals = 0
  var mealFen: Int64 = 0

  func continued(_ db: Database, to end: JournalPosition, limit: Int) throws -> VerificationWalk {
    var next = self
    var seen: [[UInt8]] = []
    try next.chain.walk(db, to: end, limit: limit) { _, bytes in seen.append(bytes) }
    for bytes in seen { try next.count(RecordCodec.decode(bytes)) }
    return next
  }

  private mutating func count(_ record: JournalRecord) throws {
    records += 1
    guard case .sale(let sale) = record.body else { return }
    let fen = try sale.paid.total().value
    sales += 1
    paidFen += fen
    if sale.meal != nil {
      meals += 1
      mealFen += fen
    }
  }

  /// Compares the sums with the rows beside the records, as of the record where the walk ended.
  func compare(_ rows: SaleRowSum, _ db: Database, upTo end: JournalPosition) throws -> [String] {
    var findings: [String] = []
    if rows.count != sales { findings.append("the sale rows are not those of the records") }
    if rows.fen != paidFen { findings.append("the sale rows sum to another amount") }
    let last = try Row.fetchOne(db, sql: "SELECT epoch, sequence FROM terminal_state")
    guard last?[0] == Int64(end.epoch.number), last?[1] == Int64(end.sequence.number) else {
      return findings
    }
    let counted = try Row.fetchOne(
      db, sql: "SELECT ifnull(sum(sales), 0), ifnull(sum(fen), 0) FROM meal_counter")
    if counted?[0] != meals || counted?[1] != mealFen {
      findings.append("the meal counters are not those of the records")
    }
    return findings
  }
}

/// The sale rows that were read so far, in the order of their key.
private struct SaleRowSum: Sendable {
  private(set) var count = 0
  private(set) var fen: Int64 = 0
  private(set) var isComplete = false
  private var account = Int64.min
  private var epoch: Int64 = 0
  private var sequence: Int64 = 0

  func continued(_ db: Database, upTo end: JournalPosition, limit: Int) throws -> SaleRowSum {
    var next = self
    let statement = try db.cachedStatement(
      sql: """
        SELECT account, epoch, sequence, subsidy_fen, personal_fen FROM sale
        WHERE (account, epoch, sequence) > (?, ?, ?) ORDER BY account, epoch, sequence LIMIT ?
        """)
    let rows = try Row.fetchAll(statement, arguments: [account, epoch, sequence, limit])
    for row in rows {
      (next.account, next.epoch, next.sequence) = (row[0], row[1], row[2])
      let last = JournalPosition(epoch: Epoch(row[1]), sequence: SequenceNumber(row[2]))
      guard last <= end else { continue }
      next.count += 1
      next.fen += try PurseAmounts(subsidy: Fen(row[3]), personal: Fen(row[4])).total().value
    }
    next.isComplete = rows.count < limit
    return next
  }
}
