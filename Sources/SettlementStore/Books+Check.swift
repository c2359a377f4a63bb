import CanteenModel
import Foundation
import SQLStore

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
    check.differingOfficeBalances = try await read { db in
      try db.snapshot { try self.differingOfficeBalances(db) }
    }
    return check
  }

  /// How many entries, accounts or records are read in one go: some tens of milliseconds.
  private static let slice = 5000

  private func checkEntries(_ check: inout BooksCheck) async throws(StoreError) {
    var behind = Data()
    while true {
      let from = behind
      let rows = try await read { db in
        try db.rows(
          """
          SELECT entry, SUM(fen) AS fen FROM leg WHERE entry > ?
          GROUP BY entry ORDER BY entry LIMIT ?
          """, [from, Self.slice]
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
        try db.row(
          """
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
          FROM (SELECT * FROM account WHERE number > ? ORDER BY number LIMIT ?) AS slice
          """, [from, Self.slice / 10]
        ).map { (last: $0["last"] as Int64?, differing: try $0.integer("differing") as Int) }
      }
      guard let last = found?.last else { return }
      check.differingBalances += found?.differing ?? 0
      behind = last
    }
  }

  private func checkHolds(_ check: inout BooksCheck) async throws(StoreError) {
    var behind = HoldKey(terminal: 0, id: Data())
    while true {
      let from = behind
      let (last, differing) = try await differingHolds(behind: from, limit: Self.slice / 10)
      check.differingHolds += differing
      guard let last else { return }
      behind = last
    }
  }

  private func checkTerminals(_ check: inout BooksCheck) async throws(StoreError) {
    let (kept, ends) = try await read { db in
      try db.snapshot {
        (
          try Self.tallies(try db.rows("SELECT * FROM tally")),
          try db.rows("SELECT number, last_intake FROM terminal ORDER BY number").map {
            (
              terminal: try $0.integer("number") as UInt32,
              intake: try $0.integer("last_intake") as Int64
            )
          }
        )
      }
    }
    var sums: [UInt32: TerminalTally] = [:]
    for end in ends {
      var behind = Place(epoch: 0, sequence: 0)
      while true {
        let from = behind
        let found = try await read { db in
          try db.snapshot {
            try Self.recordSlice(of: end.terminal, upTo: end.intake, behind: from, db)
          }
        }
        sums.merge(found.tallies, uniquingKeysWith: +)
        check.differingSales += found.differingSales
        guard let last = found.last else { break }
        behind = last
      }
    }
    check.records = sums.values.reduce(0) { $0 + Int($1.records) }
    // A seller that no record of the slices is of has sums of nothing.
    for terminal in Set(sums.keys).union(kept.keys)
    where sums[terminal] ?? TerminalTally() != kept[terminal] ?? TerminalTally() {
      check.differingTerminals += 1
    }
  }

  /// A record's place among those of its terminal; a fork's share it.
  private struct Place {
    let epoch: Int64
    let sequence: Int64
  }

  /// Counts records by the terminals that made them, and what they moved by those that sold.
  ///
  /// The empty text keeps the store from the index by account, which names all sales of a terminal.
  private static let sliceSums = """
    WITH slice AS MATERIALIZED (SELECT terminal, id, seller, kind, standing, accepted, times,
        subsidy_fen, personal_fen,
        (SELECT SUM(fen) FROM leg WHERE entry = record.id
          AND ledger_account || '' = 'payable:terminal:' || record.seller) AS payable_fen,
        CASE kind WHEN 'sale' THEN
          COALESCE((SELECT SUM(back.subsidy_fen + back.personal_fen) FROM correction
            JOIN record AS back ON back.terminal = correction.terminal AND back.id = correction.id
            WHERE correction.seller = record.terminal AND correction.original = record.id), 0)
          - COALESCE((SELECT SUM(granted_fen) FROM hold WHERE hold.seller = record.terminal
            AND hold.original = record.id AND closed_ms IS NULL), 0) END AS taken_fen
      FROM record WHERE terminal = ? AND (epoch, sequence) > (?, ?) AND (epoch, sequence) <= (?, ?)
        AND intake <= ?)
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

  /// - Parameter intake: Records of later intakes are left out.
  /// - Returns: No last place when none is behind it.
  private static func recordSlice(
    of terminal: UInt32, upTo intake: Int64, behind from: Place, _ db: any Database
  ) throws -> (tallies: [UInt32: TerminalTally], differingSales: Int, last: Place?) {
    let end = try db.row(
      """
      SELECT epoch, sequence FROM record WHERE terminal = ? AND (epoch, sequence) > (?, ?)
      ORDER BY epoch, sequence LIMIT 1 OFFSET ?
      """, [terminal, from.epoch, from.sequence, slice - 1])
    let last = try end.map {
      Place(epoch: try $0.integer("epoch"), sequence: try $0.integer("sequence"))
    }
    let to = last ?? Place(epoch: .max, sequence: .max)
    let rows = try db.rows(
      sliceSums, [terminal, from.epoch, from.sequence, to.epoch, to.sequence, intake])
    return (
      try tallies(rows), try rows.reduce(0) { $0 + (try $1.integer("differing")) }, last
    )
  }

  private static func tallies(_ rows: [Row]) throws -> [UInt32: TerminalTally] {
    var tallies: [UInt32: TerminalTally] = [:]
    for row in rows {
      tallies[try row.integer("terminal"), default: TerminalTally()] += try TerminalTally(row)
    }
    return tallies
  }
}
