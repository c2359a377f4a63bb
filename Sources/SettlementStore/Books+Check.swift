import CanteenModel
import Foundation
import GRDB

extension Books {
  /// Adds up every leg and every record, and compares.
  ///
  /// It reads slice by slice, each in a snapshot of its own, and batches are taken in between.
  /// Entries and records never change once they are there, a balance and its legs are read
  /// together, and a terminal's figures are compared with the records up to the same moment: so
  /// what is taken meanwhile makes no difference.
  package func check() async throws(StoreError) -> BooksCheck {
    var check = BooksCheck()
    try await checkEntries(&check)
    try await checkBalances(&check)
    try await checkTerminals(&check)
    try await checkHolds(&check)
    return check
  }

  /// How many entries, accounts or records are read in one go: some tens of milliseconds.
  private static let slice = 5000

  private func checkEntries(_ check: inout BooksCheck) async throws(StoreError) {
    var behind = Data()
    while true {
      let from = behind
      let rows = try await read { db in
        try Row.fetchAll(
          db,
          sql: """
            SELECT entry, SUM(fen) AS fen FROM leg WHERE entry > ?
            GROUP BY entry ORDER BY entry LIMIT ?
            """, arguments: [from, Self.slice]
        ).map { (entry: $0["entry"] as Data? ?? Data(), fen: try $0.integer("fen") as Int64) }
      }
      guard let last = rows.last else { return }
      check.sumOfAllLegsFen = rows.reduce(check.sumOfAllLegsFen) { $0 &+ $1.fen }
      check.unbalancedEntries += rows.count { $0.fen != 0 }
      behind = last.entry
    }
  }

  private func checkBalances(_ check: inout BooksCheck) async throws(StoreError) {
    var behind: Int64 = 0
    while true {
      let from = behind
      let found = try await read { db in
        try Row.fetchOne(
          db,
          sql: """
            SELECT MAX(number) AS last, COUNT(*) FILTER (WHERE
              subsidy_fen <> COALESCE((SELECT SUM(fen) FROM leg
                WHERE ledger_account >= 'purse:' || number || ':subsidy:'
                  AND ledger_account < 'purse:' || number || ':subsidy;'), 0)
              OR EXISTS (SELECT 1 FROM tranche WHERE account = number AND fen <> COALESCE(
                (SELECT SUM(leg.fen) FROM leg WHERE ledger_account = 'purse:' || number || ':'
                  || CASE purse WHEN 1 THEN 'subsidy' ELSE 'personal' END || ':' || tranche), 0))
              OR subsidy_fen + personal_fen <> COALESCE((SELECT SUM(fen) FROM tranche
                WHERE account = number), 0)
              OR personal_fen <> COALESCE((SELECT SUM(fen) FROM leg
                WHERE ledger_account >= 'purse:' || number || ':personal:'
                  AND ledger_account < 'purse:' || number || ':personal;'), 0)) AS differing
            FROM (SELECT * FROM account WHERE number > ? ORDER BY number LIMIT ?)
            """, arguments: [from, Self.slice / 10]
        ).map { (last: $0["last"] as Int64?, differing: try $0.integer("differing") as Int) }
      }
      guard let last = found?.last else { return }
      check.differingBalances += found?.differing ?? 0
      behind = last
    }
  }

  private func checkHolds(_ check: inout BooksCheck) async throws(StoreError) {
    var behind: Int64 = 0
    while true {
      let (last, differing) = try await differingHolds(behind: behind, limit: Self.slice / 10)
      guard let last else { return }
      check.differingHolds += differing
      behind = last
    }
  }

  private func checkTerminals(_ check: inout BooksCheck) async throws(StoreError) {
    let (kept, last) = try await read { db in
      (
        try Self.tallies(try Row.fetchAll(db, sql: "SELECT * FROM tally")),
        try Int64.fetchOne(db, sql: "SELECT MAX(rowid) FROM record") ?? 0
      )
    }
    var sums: [UInt32: TerminalTally] = [:]
    var behind: Int64 = 0
    while behind < last {
      let (from, to) = (behind, min(last, behind + Int64(Self.slice)))
      let (slice, differing) = try await read { db in try Self.recordSlice(from, to, db) }
      sums.merge(slice, uniquingKeysWith: +)
      check.differingSales += differing
      behind = to
    }
    check.records = sums.values.reduce(0) { $0 + Int($1.records) }
    // A seller that no record of the slices is of has sums of nothing.
    for terminal in Set(sums.keys).union(kept.keys)
    where sums[terminal] ?? TerminalTally() != kept[terminal] ?? TerminalTally() {
      check.differingTerminals += 1
    }
  }

  /// Counts records by the terminals that made them, and what they moved by those that sold.
  ///
  /// The plus sign keeps SQLite from the index by account, which names all sales of a terminal.
  private static let sliceSums = """
    WITH slice AS MATERIALIZED (SELECT terminal, id, seller, kind, standing, accepted, times,
        subsidy_fen, personal_fen,
        (SELECT SUM(fen) FROM leg WHERE entry = record.id
          AND +ledger_account = 'payable:terminal:' || record.seller) AS payable_fen,
        CASE kind WHEN 'sale' THEN
          COALESCE((SELECT SUM(back.subsidy_fen + back.personal_fen) FROM correction
            JOIN record AS back ON back.terminal = correction.terminal AND back.id = correction.id
            WHERE correction.seller = record.terminal AND correction.original = record.id), 0)
          - COALESCE((SELECT SUM(granted_fen) FROM hold WHERE hold.seller = record.terminal
            AND hold.original = record.id AND closed_ms IS NULL), 0) END AS taken_fen
      FROM record WHERE rowid > ? AND rowid <= ?)
    SELECT terminal, COUNT(*) AS records, 0 AS sales, 0 AS corrections, 0 AS subsidy_fen,
      0 AS personal_fen, 0 AS payable_fen,
      COALESCE(SUM(times) FILTER (WHERE kind = 'decline'), 0) AS declines,
      COUNT(*) FILTER (WHERE standing = 'suspense') AS suspense_records,
      COUNT(*) FILTER (WHERE accepted = 0) AS fork_records, 0 AS differing
    FROM slice GROUP BY terminal
    UNION ALL
    SELECT seller, 0, COUNT(*) FILTER (WHERE kind = 'sale' AND standing = 'posted'),
      COUNT(*) FILTER (WHERE kind = 'correction' AND standing = 'posted'),
      COALESCE(SUM(subsidy_fen) FILTER (WHERE standing = 'posted'), 0),
      COALESCE(SUM(personal_fen) FILTER (WHERE standing = 'posted'), 0),
      COALESCE(SUM(payable_fen), 0), 0, 0, 0,
      COUNT(*) FILTER (WHERE standing = 'posted'
          AND subsidy_fen + personal_fen <> COALESCE(payable_fen, 0)
        OR subsidy_fen + personal_fen + taken_fen < 0
        OR kind = 'correction' AND payable_fen IS NOT NULL AND NOT EXISTS (SELECT 1 FROM correction
          WHERE correction.terminal = slice.terminal AND correction.id = slice.id))
    FROM slice GROUP BY seller
    """

  private static func recordSlice(
    _ from: Int64, _ to: Int64, _ db: Database
  ) throws -> (tallies: [UInt32: TerminalTally], differingSales: Int) {
    let rows = try Row.fetchAll(db, sql: sliceSums, arguments: [from, to])
    return (try tallies(rows), try rows.reduce(0) { $0 + (try $1.integer("differing")) })
  }

  private static func tallies(_ rows: [Row]) throws -> [UInt32: TerminalTally] {
    var tallies: [UInt32: TerminalTally] = [:]
    for row in rows {
      tallies[try row.integer("terminal"), default: TerminalTally()] += try TerminalTally(row)
    }
    return tallies
  }
}
