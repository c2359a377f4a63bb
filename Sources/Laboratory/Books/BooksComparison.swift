import Foundation

/// Compares a terminal's ledger with the centre's books by SQL alone, in the sqlite3 program: nothing of
/// the product has a hand in it.
///
/// Both files are copied first, with their write-ahead logs: their owners hold them exclusively.
struct BooksComparison {
  let ledger: String
  let books: String
  let terminal: Int
  /// A folder for the copies.
  let scratch: String

  struct Figures: Sendable {
    /// Sales in the terminal's ledger, and at the centre.
    let sales: Int
    let settled: Int
    /// What the terminal's sales took, and what the centre owes for them.
    let salesFen: Int64
    let payableFen: Int64
    /// What the books do not agree on, in words that name the record; empty when all is well.
    let findings: [String]
  }

  /// - Throws: ``LaboratoryError/program(_:)`` when sqlite3 cannot read the copies.
  func run() throws(LaboratoryError) -> Figures {
    try copy(ledger, to: "ledger.sqlite")
    try copy(books, to: "books.sqlite")
    let facts =
      try query(
        """
        SELECT (SELECT count(*) FROM (SELECT DISTINCT epoch, sequence FROM sale
            WHERE fen >= 0)),
          (SELECT count(*) FROM centre.record
            WHERE terminal = \(terminal) AND kind = 'sale' AND standing = 'posted'),
          (SELECT ifnull(sum(fen), 0) FROM sale),
          (SELECT ifnull(sum(fen), 0) FROM centre.leg
            WHERE ledger_account = 'payable:terminal:\(terminal)')
        """
      ).first?.split(separator: "|").compactMap { Int64($0) } ?? []
    guard facts.count == 4 else { throw .program("sqlite3 did not count the sales") }
    var findings: [String] = []
    for (name, sql) in questions {
      findings += try query(sql).map { "\(name): \($0)" }
    }
    if facts[2] != facts[3] {
      findings.append("the terminal sold for \(facts[2]) fen, the centre owes \(facts[3]) fen")
    }
    return Figures(
      sales: Int(facts[0]), settled: Int(facts[1]), salesFen: facts[2], payableFen: facts[3],
      findings: findings)
  }

  /// Each asks for rows that must not exist.
  private var questions: [(String, String)] { aboutRecords + aboutMoney }

  private var aboutRecords: [(String, String)] {
    [
      (
        "a record of the terminal is not at the centre",
        """
        SELECT 'sequence ' || r.sequence || ' id ' || lower(hex(r.head)) FROM record r
        WHERE NOT EXISTS (SELECT 1 FROM centre.record c WHERE c.terminal = \(terminal)
          AND c.id = r.head AND c.epoch = r.epoch AND c.sequence = r.sequence AND c.accepted = 1
          AND c.bytes = r.bytes)
        """
      ),
      (
        "the centre holds a record that the terminal does not have",
        """
        SELECT 'sequence ' || c.sequence || ' id ' || lower(hex(c.id)) FROM centre.record c
        WHERE c.terminal = \(terminal)
          AND NOT EXISTS (SELECT 1 FROM record r WHERE r.head = c.id)
        """
      ),
    ]
  }

  private var aboutMoney: [(String, String)] {
    [
      (
        "a sale is not posted as it was made",
        """
        SELECT 'sequence ' || s.sequence || ' of account ' || s.account FROM sale s
        JOIN record r ON r.epoch = s.epoch AND r.sequence = s.sequence
        WHERE ifnull((SELECT sum(fen) FROM centre.leg l WHERE l.entry = r.head
            AND l.ledger_account = 'purse:' || s.account || ':'
              || CASE s.purse WHEN 1 THEN 'subsidy' ELSE 'personal' END || ':' || s.tranche), 0)
            <> -s.fen
          OR ifnull((SELECT sum(fen) FROM centre.leg l WHERE l.entry = r.head
            AND l.ledger_account = 'payable:terminal:\(terminal)'), 0)
            <> (SELECT sum(fen) FROM sale t
                WHERE t.account = s.account AND t.epoch = s.epoch AND t.sequence = s.sequence)
        """
      ),
      (
        "the centre owes for an entry that is no record of the terminal",
        """
        SELECT lower(hex(l.entry)) FROM centre.leg l
        WHERE l.ledger_account = 'payable:terminal:\(terminal)'
          AND NOT EXISTS (SELECT 1 FROM record r WHERE r.head = l.entry)
        """
      ),
      (
        "a sale has no record",
        """
        SELECT 'sequence ' || s.sequence FROM sale s LEFT JOIN record r
          ON r.epoch = s.epoch AND r.sequence = s.sequence
        WHERE r.sequence IS NULL
        """
      ),
      (
        "an entry of the centre does not sum to zero",
        "SELECT lower(hex(entry)) FROM centre.leg GROUP BY entry HAVING sum(fen) <> 0"
      ),
      (
        "a balance of the centre is not the sum of its legs",
        """
        SELECT 'account ' || a.number FROM centre.account a
        WHERE a.subsidy_fen <> ifnull((SELECT sum(fen) FROM centre.leg
            WHERE ledger_account >= 'purse:' || a.number || ':subsidy:'
              AND ledger_account < 'purse:' || a.number || ':subsidy;'), 0)
          OR a.personal_fen <> ifnull((SELECT sum(fen) FROM centre.leg
            WHERE ledger_account >= 'purse:' || a.number || ':personal:'
              AND ledger_account < 'purse:' || a.number || ':personal;'), 0)
        """
      ),
      (
        "a record of the terminal is in suspense",
        """
        SELECT 'sequence ' || sequence || ': ' || suspense_reason FROM centre.record
        WHERE terminal = \(terminal) AND standing = 'suspense'
        """
      ),
    ]
  }

  /// Rows of one query over the terminal's ledger, with the centre's books attached.
  func query(_ sql: String) throws(LaboratoryError) -> [String] {
    let output = try ProgramOutput.of(
      "/usr/bin/sqlite3",
      [
        "\(scratch)/ledger.sqlite", "-bail",
        "ATTACH '\(scratch)/books.sqlite' AS centre; \(sql);",
      ], environment: ["LD_PRELOAD": nil])
    return output.split(separator: "\n").map(String.init)
  }

  private func copy(_ path: String, to name: String) throws(LaboratoryError) {
    let files = FileManager.default
    do {
      try files.createDirectory(atPath: scratch, withIntermediateDirectories: true)
      for suffix in ["", "-wal"] {
        let copy = "\(scratch)/\(name)\(suffix)"
        if files.fileExists(atPath: copy) { try files.removeItem(atPath: copy) }
        if files.fileExists(atPath: path + suffix) {
          try files.copyItem(atPath: path + suffix, toPath: copy)
        }
      }
    } catch {
      throw .program("\(path) cannot be copied: \(error)")
    }
  }
}
