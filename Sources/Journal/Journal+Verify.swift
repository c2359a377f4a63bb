package import CanteenModel
import GRDB
import SyncProtocol
import Synchronization

extension Journal {
  /// Recomputes the whole chain, and the sales and counters from the records.
  ///
  /// It reads in slices, so that selling goes on between them.
  package func verify() async throws(JournalError) -> VerificationReport {
    let end = state.withLock { $0.position }
    var walk = VerificationWalk(
      chain: ChainCheck(
        terminal: configuration.terminal,
        position: JournalPosition(epoch: Epoch(1), sequence: .none), head: .zero))
    do {
      while walk.chain.position < end {
        let current = walk
        walk = try await read { db in try current.continued(db, to: end, limit: 64) }
      }
    } catch {
      guard case .damaged(let finding) = error else { throw error }
      return VerificationReport(records: walk.records, findings: [finding])
    }
    let finished = walk
    let findings = try await read { db in try finished.compare(db, upTo: end) }
    return VerificationReport(records: walk.records, findings: findings)
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
  func compare(_ db: Database, upTo end: JournalPosition) throws -> [String] {
    let newer = try Row.fetchOne(
      db,
      sql: """
        SELECT count(*), ifnull(sum(subsidy_fen + personal_fen), 0) FROM sale
        WHERE (epoch, sequence) <= (?, ?)
        """, arguments: [end.epoch.number, Int64(end.sequence.number)])
    var findings: [String] = []
    if newer?[0] != sales { findings.append("the sale rows are not those of the records") }
    if newer?[1] != paidFen { findings.append("the sale rows sum to another amount") }
    let isCurrent =
      try Int64.fetchOne(db, sql: "SELECT sequence FROM terminal_state")
      == Int64(end.sequence.number)
    guard isCurrent else { return findings }
    let counted = try Row.fetchOne(
      db, sql: "SELECT ifnull(sum(sales), 0), ifnull(sum(fen), 0) FROM meal_counter")
    if counted?[0] != meals || counted?[1] != mealFen {
      findings.append("the meal counters are not those of the records")
    }
    return findings
  }
}
