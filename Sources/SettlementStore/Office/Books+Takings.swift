import CanteenModel
import Foundation
import SQLStore
import SettlementCore

/// What counts for a closed quarter's statement of one canteen.
struct CanteenTakings {
  var takings: [Taking] = []
  /// Who gave back what was sold here, and whose corrections took no effect.
  var givers: Set<TerminalID> = []
  var disregarded: [(terminal: TerminalID, id: Digest32, reason: String)] = []
}

/// Which records count for a quarter: those of its days and of earlier ones, taken in up to its line, but for those that
/// counted for the quarter that was closed before.
///
/// A record counts exactly once, for the first quarter that is not before its own and whose line covers it: lines only
/// rise, so whatever an earlier one covered, the one before this covers, too.
struct QuarterSelection {
  let close: QuarterClose
  let former: QuarterClose?
  /// `nil`: all.
  let canteen: UInt32?

  var time: LocalTime { LocalTime(offsetMinutes: close.utcOffsetMinutes) }

  /// The lines of a terminal, to be joined.
  func lines(of terminal: String) -> String {
    """
    JOIN quarter_line AS line ON line.terminal = \(terminal) AND line.quarter = '\(close.quarter)'
    LEFT JOIN quarter_line AS former
      ON former.terminal = \(terminal) AND former.quarter = '\(former.map { "\($0.quarter)" } ?? "none")'
    """
  }

  /// Places as they were known at the close.
  func place(of terminal: String, at time: String) -> String {
    """
    JOIN quarter_place AS place ON place.quarter = '\(close.quarter)' AND place.terminal = \(terminal)
      AND \(time) BETWEEN place.from_ms AND place.to_ms
    """
  }

  /// Whether a record counts.
  var condition: String {
    let end = time.start(of: close.quarter.next.firstDay)
    var condition = "record.intake <= line.intake AND record.wall_ms < \(end)"
    if let canteen { condition += " AND place.canteen = \(canteen)" }
    #if SEEDED_BUGS
      if SeededStatementBug.planted == .countsLateTwice { return condition }
      if SeededStatementBug.planted == .forgetsLateRecords {
        return condition + " AND record.wall_ms >= \(time.start(of: close.quarter.firstDay))"
      }
    #endif
    guard let former else { return condition }
    let before = LocalTime(offsetMinutes: former.utcOffsetMinutes)
      .start(of: former.quarter.next.firstDay)
    return condition
      + " AND NOT (record.wall_ms < \(before) AND record.intake <= COALESCE(former.intake, 0))"
  }
}

extension QuarterSelection {
  /// Sales that are owed to whoever sold, also those that nobody can be charged for yet: from where to where.
  ///
  /// CROSS JOIN keeps SQLite from looking up the place of each record: it reads the records of each place.
  var salesOfRecords: String {
    var owed = """
      (record.standing = 'posted' OR record.suspense_reason = 'unknownAccount'
        OR (record.suspense_reason = 'absurdAmount'
          AND record.subsidy_fen + record.personal_fen <= \(Posting.largestBookable.value)))
      """
    var moment = "record.wall_ms"
    #if SEEDED_BUGS
      if SeededStatementBug.planted == .forgetsSuspendedSales {
        owed = "record.standing = 'posted'"
      }
      if SeededStatementBug.planted == .ignoresMoves { moment = "\(Int64.max)" }
    #endif
    return """
      FROM quarter_place AS place \(lines(of: "place.terminal")) CROSS JOIN record
      WHERE place.quarter = '\(close.quarter)' AND record.terminal = place.terminal
        AND \(moment) BETWEEN place.from_ms AND place.to_ms
        AND record.kind = 'sale' AND \(owed) AND \(condition)
      """
  }

  /// Corrections that took effect, with their sales, for the canteen where those were made.
  var correctionsOfRecords: String {
    var condition = condition
    #if SEEDED_BUGS
      if SeededStatementBug.planted == .forgetsRefundsElsewhere {
        condition += " AND record.terminal = record.seller"
      }
    #endif
    return """
      FROM correction CROSS JOIN record
      JOIN record AS sale ON sale.terminal = correction.seller AND sale.id = correction.original
      \(lines(of: "record.terminal")) \(place(of: "correction.seller", at: "sale.wall_ms"))
      WHERE record.terminal = correction.terminal AND record.id = correction.id\(ofSellers)
        AND \(condition)
      """
  }

  /// Of one canteen only what its terminals sold is looked up, not every correction of the city.
  var ofSellers: String {
    canteen.map { canteen in
      """
       AND correction.seller IN (SELECT terminal FROM quarter_place
        WHERE quarter = '\(close.quarter)' AND canteen = \(canteen))
      """
    } ?? ""
  }
}

extension Books {
  /// What counts for a closed quarter, by canteen.
  func takings(
    _ selection: QuarterSelection, _ db: any Database
  ) throws -> [UInt32: CanteenTakings] {
    var found: [UInt32: CanteenTakings] = [:]
    // A canteen that took nothing has a statement that says so: what was forgotten there is noticed.
    for row in try db.rows(Self.canteens(selection)) {
      found[try row.integer("canteen")] = CanteenTakings()
    }
    for row in try db.rows(sales(selection)) {
      let canteen: UInt32 = try row.integer("canteen")
      found[canteen, default: CanteenTakings()].takings.append(try Taking(sales: row))
    }
    for row in try db.rows(corrections(selection)) {
      let canteen: UInt32 = try row.integer("canteen")
      found[canteen, default: CanteenTakings()].takings.append(try Taking(corrections: row))
    }
    for row in try db.rows(Self.givers(selection)) {
      let canteen: UInt32 = try row.integer("canteen")
      found[canteen, default: CanteenTakings()].givers
        .insert(TerminalID(try row.integer("giver")))
    }
    for row in try db.rows(disregarded(selection)) {
      let (canteen, terminal) = (
        try row.integer("canteen") as UInt32, TerminalID(try row.integer("terminal"))
      )
      found[canteen, default: CanteenTakings()].givers.insert(terminal)
      found[canteen, default: CanteenTakings()].disregarded
        .append((terminal, try row.digest("id"), try row.text("reason")))
    }
    return try found.mapValues { takings in
      var takings = takings
      takings.takings = try takings.takings.merged()
      return takings
    }
  }

  private static func canteens(_ selection: QuarterSelection) -> String {
    """
    SELECT DISTINCT place.canteen AS canteen FROM quarter_place AS place
    JOIN canteen ON canteen.number = place.canteen WHERE place.quarter = '\(selection.close.quarter)'
    """ + (selection.canteen.map { " AND place.canteen = \($0)" } ?? "")
  }

  /// Who gave back what was sold by a terminal that ever stood in a canteen. It is asked apart from what is counted, so
  /// that whoever verifies looks at these terminals also where a correction was forgotten.
  private static func givers(_ selection: QuarterSelection) -> String {
    """
    SELECT DISTINCT place.canteen AS canteen, record.terminal AS giver
    FROM correction CROSS JOIN record
    \(selection.lines(of: "record.terminal"))
    JOIN quarter_place AS place ON place.quarter = '\(selection.close.quarter)'
      AND place.terminal = correction.seller
    WHERE record.terminal = correction.terminal AND record.id = correction.id\(selection.ofSellers)
      AND correction.terminal <> correction.seller AND \(selection.condition)
    """
  }

  private func sales(_ selection: QuarterSelection) -> String {
    """
    SELECT place.canteen AS canteen, record.terminal AS terminal,
      \(selection.time.day(of: "record.wall_ms")) AS day, COUNT(*) AS sales,
      SUM(record.subsidy_fen) AS subsidy, SUM(record.personal_fen) AS personal
    \(selection.salesOfRecords) GROUP BY 2, 1, 3
    """
  }

  private func corrections(_ selection: QuarterSelection) -> String {
    var soldAt = "sale.wall_ms"
    #if SEEDED_BUGS
      if SeededStatementBug.planted == .countsRefundsAtNewTerm { soldAt = "record.wall_ms" }
    #endif
    let time = selection.time
    return """
      SELECT place.canteen AS canteen, record.seller AS terminal,
        \(time.day(of: "record.wall_ms")) AS day, \(time.day(of: soldAt)) AS sold_day,
        COUNT(*) AS corrections, -SUM(record.subsidy_fen) AS subsidy,
        -SUM(record.personal_fen) AS personal
      \(selection.correctionsOfRecords) GROUP BY 1, 2, 3, 4
      """
  }

  /// Corrections that took none, for every canteen where the seller ever stood: whether they should have, whoever
  /// verifies the statement judges.
  private func disregarded(_ selection: QuarterSelection) -> String {
    """
    SELECT DISTINCT place.canteen AS canteen, record.terminal AS terminal, record.id AS id,
      record.suspense_reason AS reason
    FROM record \(selection.lines(of: "record.terminal"))
    JOIN quarter_place AS place ON place.quarter = '\(selection.close.quarter)'
      AND place.terminal = record.seller
    WHERE record.standing = 'suspense' AND record.kind = 'correction'
      AND record.suspense_reason IN ('unknownOriginal', 'moreThanSold') AND \(selection.condition)
    ORDER BY terminal, id
    """
  }
}

extension Taking {
  fileprivate init(sales row: Row) throws {
    let day: Int32 = try row.integer("day")
    self.init(
      terminal: TerminalID(try row.integer("terminal")), day: day, soldDay: day,
      sales: try row.integer("sales"), sold: try PurseAmounts(row))
  }

  fileprivate init(corrections row: Row) throws {
    self.init(
      terminal: TerminalID(try row.integer("terminal")), day: try row.integer("day"),
      soldDay: try row.integer("sold_day"), corrections: try row.integer("corrections"),
      returned: try PurseAmounts(row))
  }

  /// What makes a line of its own.
  fileprivate var key: (TerminalID, Int32, Int32) { (terminal, day, soldDay) }
}

extension PurseAmounts {
  fileprivate init(_ row: Row) throws {
    self.init(
      subsidy: Fen(try row.integer("subsidy")), personal: Fen(try row.integer("personal")))
  }
}

extension [Taking] {
  /// In order, one for each terminal, day and day of sale.
  fileprivate func merged() throws -> [Taking] {
    var merged: [Taking] = []
    for taking in sorted(by: { $0.key < $1.key }) {
      guard let last = merged.last, last.key == taking.key else {
        merged.append(taking)
        continue
      }
      merged[merged.count - 1] = Taking(
        terminal: last.terminal, day: last.day, soldDay: last.soldDay,
        sales: last.sales + taking.sales, sold: try last.sold.adding(taking.sold),
        corrections: last.corrections + taking.corrections,
        returned: try last.returned.adding(taking.returned))
    }
    return merged
  }
}
