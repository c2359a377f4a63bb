import CanteenModel
import SQLStore
import SettlementCore
import SyncProtocol

/// What every statement of a city ought to say, by SQL over the records that are posted, written without a look at the
/// settlement's own.
///
/// It knows a quarter's line by when batches came in and when quarters were closed, and not by what the books kept of the
/// line; terms and places are those of the registry; the fee's numbers are the plan's.
struct StatementQuestion {
  struct Key: Hashable, Comparable {
    let statement: String
    let canteen: UInt32

    static func < (left: Self, right: Self) -> Bool {
      (left.statement, left.canteen) < (right.statement, right.canteen)
    }
  }

  /// What one statement says.
  struct Answer: Equatable {
    var lines: [StatementDocument.Line] = []
    var accounts: [StatementDocument.Account] = []
  }

  private static let day = "(%.wall_ms + 28800000) / 86400000"

  private static func day(of record: String) -> String { day.replacing("%", with: record) }

  /// Sales that somebody is owed, and corrections that took effect, by canteen, days and the moment they came in.
  private static let lines = """
    CREATE TEMP TABLE city_line AS
    WITH stay AS (SELECT terminal, canteen, from_ms, COALESCE(LEAD(from_ms) OVER
        (PARTITION BY terminal ORDER BY from_ms), 9000000000000000000) AS until_ms FROM terminal_place),
      moved AS (
        SELECT stay.canteen AS canteen, \(day(of: "sale")) AS day, \(day(of: "sale")) AS sold_day,
          sale.terminal AS giver, sale.intake AS intake, COUNT(*) AS sales, SUM(sale.subsidy_fen) AS subsidy,
          SUM(sale.personal_fen) AS personal, 0 AS backs, 0 AS back_subsidy, 0 AS back_personal
        FROM record AS sale JOIN stay ON stay.terminal = sale.terminal
          AND sale.wall_ms >= stay.from_ms AND sale.wall_ms < stay.until_ms
        WHERE sale.kind = 'sale' AND sale.subsidy_fen + sale.personal_fen > 0
        GROUP BY 1, 2, 3, 4, 5
        UNION ALL
        SELECT stay.canteen, \(day(of: "back")), \(day(of: "sale")), back.terminal, back.intake, 0, 0, 0,
          COUNT(*), -SUM(back.subsidy_fen), -SUM(back.personal_fen)
        FROM correction
        JOIN record AS back ON back.terminal = correction.terminal AND back.id = correction.id
        JOIN record AS sale ON sale.terminal = correction.seller AND sale.id = correction.original
        JOIN stay ON stay.terminal = sale.terminal
          AND sale.wall_ms >= stay.from_ms AND sale.wall_ms < stay.until_ms
        GROUP BY 1, 2, 3, 4, 5),
      stated AS (
        SELECT moved.*, (SELECT MIN(quarter) FROM quarter_close
            WHERE closed_ms > intake.received_ms AND last_day >= moved.day) AS statement,
          (SELECT MIN(quarter) FROM quarter_close WHERE last_day >= moved.day) AS quarter,
          (SELECT MAX(from_day) FROM canteen_term
            WHERE canteen_term.canteen = moved.canteen AND from_day <= moved.sold_day) AS term
        FROM moved JOIN intake ON intake.terminal = moved.giver AND intake.number = moved.intake)
    SELECT statement, canteen, quarter, term, SUM(sales) AS sales, SUM(subsidy) AS subsidy,
      SUM(personal) AS personal, SUM(backs) AS backs, SUM(back_subsidy) AS back_subsidy,
      SUM(back_personal) AS back_personal,
      SUM(subsidy + personal - back_subsidy - back_personal) AS total
    FROM stated GROUP BY statement, canteen, quarter, term
    """

  /// So many hundredths of a percent, to the nearest fen, a half away from zero.
  private static func part(_ basisPoints: String, of amount: String) -> String {
    """
    (CASE WHEN \(amount) < 0 THEN -((-(\(amount)) * \(basisPoints) + 5000) / 10000)
      ELSE (\(amount) * \(basisPoints) + 5000) / 10000 END)
    """
  }

  /// What each term's caterer gets: rounded sums up to each term, and their differences.
  private static let accounts = """
    WITH tenure AS (SELECT canteen, from_day, mode, caterer, COALESCE(LEAD(from_day) OVER
        (PARTITION BY canteen ORDER BY from_day), 2147483647) AS until_day FROM canteen_term),
      share AS (
        SELECT statement, canteen, term, total,
          CASE WHEN quarter = statement THEN total ELSE 0 END AS own, 0 AS found FROM city_line
        UNION ALL
        SELECT finding.quarter, finding.canteen, tenure.from_day, 0, 0, finding.fen
        FROM evaluation_finding AS finding JOIN tenure ON tenure.canteen = finding.canteen
          AND finding.day >= tenure.from_day AND finding.day < tenure.until_day),
      eaten AS (SELECT statement, canteen, term, CAST(SUM(total) AS BIGINT) AS total,
          CAST(SUM(own) AS BIGINT) AS own, CAST(SUM(found) AS BIGINT) AS found
        FROM share GROUP BY statement, canteen, term),
      judged AS (SELECT eaten.*, mode, caterer, COALESCE(paid_basis_points, 10000) AS paid,
          CAST(SUM(own) OVER (PARTITION BY statement, eaten.canteen ORDER BY term) AS BIGINT) AS own_upto,
          CASE mode WHEN 'selfRun' THEN 0 ELSE total END AS base
        FROM eaten JOIN tenure ON tenure.canteen = eaten.canteen AND tenure.from_day = eaten.term
        LEFT JOIN evaluation ON evaluation.canteen = eaten.canteen AND evaluation.quarter = statement),
      rounded AS (SELECT judged.*, own_upto - \(part("paid", of: "own_upto")) AS kept_upto,
          CAST(SUM(base) OVER (PARTITION BY statement, canteen ORDER BY term) AS BIGINT) AS base_upto
        FROM judged),
      charged AS (SELECT rounded.*,
          \(part("\(CityPlan.feeBasisPoints)", of: "base_upto")) AS fee_upto FROM rounded),
      split AS (SELECT charged.*,
          found + kept_upto - COALESCE(LAG(kept_upto) OVER
            (PARTITION BY statement, canteen ORDER BY term), 0) AS deduction,
          fee_upto - COALESCE(LAG(fee_upto) OVER
            (PARTITION BY statement, canteen ORDER BY term), 0) AS fee
        FROM charged)
    SELECT statement, canteen, term, caterer, total, deduction, base, fee,
      total - deduction - fee AS payable FROM split ORDER BY statement, canteen, term
    """

  /// Every statement by the records, also of canteens and quarters that nobody stated.
  static func answers(_ db: any Database) throws -> [Key: Answer] {
    try db.script("DROP TABLE IF EXISTS city_line")
    try db.script(lines)
    var answers: [Key: Answer] = [:]
    for row in try db.rows("SELECT * FROM city_line ORDER BY statement, canteen, quarter, term") {
      let sums = StatementDocument.Sums(
        sales: try row.whole("sales"), soldSubsidy: try row.whole("subsidy"),
        soldPersonal: try row.whole("personal"), corrections: try row.whole("backs"),
        returnedSubsidy: try row.whole("back_subsidy"),
        returnedPersonal: try row.whole("back_personal"))
      answers[try key(of: row), default: Answer()].lines.append(
        StatementDocument.Line(
          quarter: try row.word("quarter"), term: Int32(try row.whole("term")), sums: sums,
          total: try row.whole("total")))
    }
    for row in try db.rows(accounts) {
      answers[try key(of: row), default: Answer()].accounts.append(
        StatementDocument.Account(
          term: Int32(try row.whole("term")), caterer: UInt32(try row.whole("caterer")),
          consumption: try row.whole("total"), deduction: try row.whole("deduction"),
          feeBase: try row.whole("base"), fee: try row.whole("fee"),
          payable: try row.whole("payable")))
    }
    try db.script("DROP TABLE city_line")
    return answers
  }

  private static func key(of row: Row) throws -> Key {
    Key(
      statement: row["statement"] ?? "no quarter", canteen: UInt32(try row.whole("canteen")))
  }

  /// Compares, and names the first line that differs.
  ///
  /// - Throws: ``LaboratoryError/broken(_:)``.
  static func compare(
    _ answers: [Key: Answer], with documents: [StatementDocument]
  ) throws {
    var rest = answers
    for document in documents {
      let key = Key(statement: document.quarter, canteen: document.canteen)
      let answer = rest.removeValue(forKey: key) ?? Answer()
      try compare(answer.lines, document.lines, key) {
        "line of \($0.quarter), term from \(date($0.term))"
      }
      try compare(answer.accounts, document.accounts, key) {
        "account of term from \(date($0.term))"
      }
    }
    guard let key = rest.keys.min() else { return }
    throw LaboratoryError.broken(
      "statement \(key.statement)-\(key.canteen): the records have \(rest[key]?.lines.count ?? 0) lines, and there is no statement"
    )
  }

  private static func date(_ day: Int32) -> CivilDate { CivilDate(day: day) }

  private static func compare<Row: Equatable>(
    _ expected: [Row], _ found: [Row], _ key: Key, _ name: (Row) -> String
  ) throws {
    guard expected != found else { return }
    let place = zip(expected, found).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    let index = place ?? min(expected.count, found.count)
    let (want, have) = (expected.dropFirst(index).first, found.dropFirst(index).first)
    throw LaboratoryError.broken(
      "statement \(key.statement)-\(key.canteen), \((want ?? have).map(name) ?? "nothing"): the records say "
        + "\(want.map { "\($0)" } ?? "nothing"), the statement \(have.map { "\($0)" } ?? "nothing")"
    )
  }
}
