import CanteenModel
import SQLStore
import SettlementCore
import SettlementStore
import SyncProtocol

/// What is compared behind a city's year: statements with files, with records and with the ledger, and what stands
/// between the units with the records.
struct CityAudit {
  let office: CityOffice
  let files: CityFiles

  /// - Returns: The year's result, with what the statements and the clearing say.
  /// - Throws: ``LaboratoryError/broken(_:)`` with the first figure that is wrong, by its statement and line.
  func run(_ year: CityResult) async throws -> CityResult {
    var result = year
    let verification = CityVerification(files: files)
    let verified = try await verification.run()
    try verification.certificates(of: office.plan)
    let documents = verified.sorted { $0.key < $1.key }.map(\.value)
    try office.ask { db in
      try StatementQuestion.compare(try StatementQuestion.answers(db), with: documents)
      try compareLedger(documents, db)
      try CityYearEnd.compare(year.endings, db)
    }
    let accounts = documents.flatMap(\.accounts)
    result.feeFen = accounts.reduce(0) { $0 + $1.fee }
    result.withheldFen = accounts.reduce(0) { $0 + $1.deduction }
    let eaten = accounts.reduce(0) { $0 + $1.consumption }
    guard eaten == year.statedFen, eaten == year.tally.eatenFen - year.tally.returnedFen else {
      throw LaboratoryError.broken(
        "the statements say that \(eaten) fen were eaten, the tills \(year.tally.eatenFen - year.tally.returnedFen)"
      )
    }
    result.clearedFen = try await clear(eaten)
    result.statements = documents.count
    result.digest = try files.digest()
    return result
  }

  /// What the approved statements booked is what they say, and everything was paid.
  private func compareLedger(_ documents: [StatementDocument], _ db: any Database) throws {
    var expected: [String: Int64] = [:]
    for document in documents {
      for account in document.accounts {
        expected["owed:\(account.caterer)", default: 0] += account.payable
        expected["fee", default: 0] += account.fee
        expected["withheld:\(document.unit)", default: 0] += account.deduction
      }
    }
    for row in try db.rows(
      """
      SELECT ledger_account AS name, SUM(fen) AS fen FROM office_entry JOIN leg USING (entry)
      WHERE kind = 'statement' AND ledger_account NOT LIKE 'payable:%' GROUP BY ledger_account
      """)
    {
      let (name, fen) = (try row.word("name"), try row.whole("fen"))
      guard expected.removeValue(forKey: name) ?? 0 == fen else {
        throw LaboratoryError.broken(
          "the statements together: the ledger has \(fen) fen on \(name)")
      }
    }
    guard expected.values.allSatisfy({ $0 == 0 }) else {
      throw LaboratoryError.broken(
        "the statements together: the ledger lacks \(expected.keys.sorted())")
    }
    try compareOpen(documents, db)
  }

  /// Behind all payments nothing is open but what caterers owe who gave back more than they sold, and have not made up
  /// for it in a later quarter.
  private func compareOpen(_ documents: [StatementDocument], _ db: any Database) throws {
    var quarters: [String: [UInt32: Int64]] = [:]
    for document in documents {
      for account in document.accounts {
        quarters[document.quarter, default: [:]][account.caterer, default: 0] += account.payable
      }
    }
    var owing: [String: Int64] = [:]
    for (_, caterers) in quarters.sorted(by: { $0.key < $1.key }) {
      for (caterer, fen) in caterers {
        let left = owing["owed:\(caterer)", default: 0] + fen
        owing["owed:\(caterer)"] = left < 0 ? left : nil
      }
    }
    var open: [String: Int64] = [:]
    for row in try db.rows(
      """
      SELECT ledger_account AS name, SUM(fen) AS fen FROM leg
      WHERE ledger_account LIKE 'payable:%' OR ledger_account LIKE 'owed:%'
        OR ledger_account LIKE 'ordered:%'
      GROUP BY ledger_account HAVING SUM(fen) <> 0
      """)
    {
      open[try row.word("name")] = try row.whole("fen")
    }
    guard open == owing else {
      throw LaboratoryError.broken("behind all payments the ledger has \(open), not \(owing)")
    }
  }

  /// What stands between the units, by the books and by the records.
  ///
  /// - Returns: What units with more guests than they sent are owed, in fen.
  private func clear(_ eaten: Int64) async throws -> Int64 {
    var lines: [ClearingLine] = []
    try await office.withBooks { books in
      for quarter in try await books.closedQuarters() {
        lines += try await books.clearing(of: quarter.quarter)
      }
    }
    var cells: [Cell: Int64] = [:]
    for line in lines {
      cells[Cell(home: line.home ?? 0, host: line.host), default: 0] += line.amount.value
    }
    let asked = try office.ask { try Self.cells($0) }
    for cell in Set(cells.keys).union(asked.keys).sorted()
    where cells[cell] ?? 0 != asked[cell] ?? 0 {
      throw LaboratoryError.broken(
        "clearing of people of unit \(cell.home) in unit \(cell.host): the records say \(asked[cell] ?? 0) fen, "
          + "the books \(cells[cell] ?? 0)")
    }
    let strangers = cells.filter { $0.key.home == 0 }.values.reduce(0, +)
    let nets = try lines.positions().map(\.net.value)
    guard nets.reduce(0, +) == strangers, cells.values.reduce(0, +) == eaten else {
      throw LaboratoryError.broken(
        "what stands between the units does not sum to what strangers ate")
    }
    return nets.filter { $0 > 0 }.reduce(0, +)
  }

  private struct Cell: Hashable, Comparable {
    /// 0: of people of no unit.
    let home: UInt32
    let host: UInt32

    static func < (left: Self, right: Self) -> Bool {
      (left.home, left.host) < (right.home, right.host)
    }
  }

  private static func cells(_ db: any Database) throws -> [Cell: Int64] {
    let rows = try db.rows(
      """
      WITH stay AS (SELECT terminal, canteen, from_ms, COALESCE(LEAD(from_ms) OVER
          (PARTITION BY terminal ORDER BY from_ms), 9000000000000000000) AS until_ms FROM terminal_place),
        belongs AS (SELECT account, unit, from_day, COALESCE(LEAD(from_day) OVER
          (PARTITION BY account ORDER BY from_day), 2147483647) AS until_day FROM membership),
        moved AS (
          SELECT terminal, wall_ms, account, subsidy_fen + personal_fen AS fen FROM record WHERE kind = 'sale'
          UNION ALL
          SELECT sale.terminal, sale.wall_ms, sale.account, back.subsidy_fen + back.personal_fen
          FROM correction
          JOIN record AS back ON back.terminal = correction.terminal AND back.id = correction.id
          JOIN record AS sale ON sale.terminal = correction.seller AND sale.id = correction.original)
      SELECT COALESCE(belongs.unit, 0) AS home, canteen.unit AS host, SUM(fen) AS fen
      FROM moved
      JOIN stay ON stay.terminal = moved.terminal AND wall_ms >= from_ms AND wall_ms < until_ms
      JOIN canteen ON canteen.number = stay.canteen
      LEFT JOIN belongs ON belongs.account = moved.account
        AND (wall_ms + 28800000) / 86400000 >= from_day AND (wall_ms + 28800000) / 86400000 < until_day
      GROUP BY belongs.unit, canteen.unit
      """)
    var cells: [Cell: Int64] = [:]
    for row in rows {
      let cell = Cell(home: UInt32(try row.whole("home")), host: UInt32(try row.whole("host")))
      cells[cell, default: 0] += try row.whole("fen")
    }
    return cells
  }
}
