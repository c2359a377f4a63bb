import CanteenModel
import Foundation
import SQLStore
package import SettlementCore

/// A quarter that was closed: what its statements count is fixed.
package struct QuarterClose: Hashable, Sendable, Codable {
  package let quarter: Quarter
  /// Unix time in milliseconds.
  package let closedMilliseconds: Int64
  /// By which the days of its records are reckoned.
  package let utcOffsetMinutes: Int
  package let people: TwoPeople
}

extension Books {
  /// Closes a quarter: what every terminal handed in up to now counts for its statements, what comes in later for those
  /// of the next one (S18). One that is closed stays as it is.
  ///
  /// - Throws: ``StoreError/refused(_:)`` while the quarter lasts, behind a later one that is closed, and while a
  ///   terminal that sold stands nowhere.
  package func close(
    _ quarter: Quarter, by people: TwoPeople
  ) async throws(StoreError) -> QuarterClose {
    try await settling { db in
      if let found = try self.quarterClose(quarter, db) {
        #if SEEDED_BUGS
          if SeededStatementBug.planted == .movesClosedQuarter {
            try db.execute("DELETE FROM quarter_head WHERE quarter = ?", [quarter.description])
            try db.execute("DELETE FROM quarter_line WHERE quarter = ?", [quarter.description])
            try self.drawLine(under: quarter, db)
          }
        #endif
        return found
      }
      try self.refuseClosing(quarter, db)
      let close = QuarterClose(
        quarter: quarter, closedMilliseconds: self.now,
        utcOffsetMinutes: try self.utcOffsetMinutes(db),
        people: people)
      try db.execute(
        """
        INSERT INTO quarter_close (quarter, last_day, offset_minutes, closed_ms, proposed_by, approved_by)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        [
          quarter.description, quarter.lastDay, close.utcOffsetMinutes, close.closedMilliseconds,
          people.proposer, people.approver,
        ])
      try self.drawLine(under: quarter, db)
      try self.keepPlaces(of: quarter, db)
      return close
    }
  }

  /// The quarters that were closed, in their order.
  package func closedQuarters() async throws(StoreError) -> [QuarterClose] {
    try await read { db in
      try db.rows("SELECT * FROM quarter_close ORDER BY quarter").map { try QuarterClose($0) }
    }
  }

  func quarterClose(_ quarter: Quarter, _ db: any Database) throws -> QuarterClose? {
    try db.row("SELECT * FROM quarter_close WHERE quarter = ?", [quarter.description])
      .map { try QuarterClose($0) }
  }

  /// The quarter that was closed before another one.
  func formerClose(of quarter: Quarter, _ db: any Database) throws -> QuarterClose? {
    try db.row(
      "SELECT * FROM quarter_close WHERE quarter < ? ORDER BY quarter DESC LIMIT 1",
      [quarter.description]
    ).map { try QuarterClose($0) }
  }

  /// Runs an act of the quarter's settlement in a transaction of its own.
  func settling<Value: Sendable>(
    _ body: @escaping @Sendable (any Database) throws -> Value
  ) async throws(StoreError) -> Value {
    #if SEEDED_BUGS
      // The books' queue is no part of the task.
      let bug = SeededStatementBug.planted
      return try await write { db in
        try SeededStatementBug.$planted.withValue(bug) { try body(db) }
      }
    #else
      return try await write(body)
    #endif
  }

  private static let chinaOffsetMinutes = 480

  /// By which local days are reckoned. Once a quarter was closed by it, for good: a record has one day.
  func utcOffsetMinutes(_ db: any Database) throws -> Int {
    let former: Int64? = try db.value("SELECT offset_minutes FROM quarter_close LIMIT 1")
    if let former { return Int(former) }
    return try rulebookInForce(db)?.utcOffsetMinutes ?? Self.chinaOffsetMinutes
  }

  /// How far local time is ahead of UTC, in minutes, as the books reckon days.
  package func localOffsetMinutes() async throws(StoreError) -> Int {
    try await read { db in try self.utcOffsetMinutes(db) }
  }

  private func refuseClosing(_ quarter: Quarter, _ db: any Database) throws {
    if LocalTime(offsetMinutes: try utcOffsetMinutes(db)).day(of: now) <= quarter.lastDay {
      throw StoreError.refused(["\(quarter) lasts until \(CivilDate(day: quarter.lastDay))"])
    }
    let later: String? = try db.value(
      "SELECT MAX(quarter) FROM quarter_close WHERE quarter > ?", [quarter.description])
    if let later {
      throw StoreError.refused([
        "\(later) is closed already: what belongs to \(quarter) is an adjustment of its statements"
      ])
    }
    let rows = try db.rows(
      """
      SELECT number, place.canteen AS canteen FROM terminal JOIN tally ON tally.terminal = number
      LEFT JOIN (SELECT terminal, canteen FROM terminal_place UNION
        SELECT number, canteen FROM terminal WHERE canteen > 0
          AND number NOT IN (SELECT terminal FROM terminal_place)) AS place
        ON place.terminal = number
      WHERE sales > 0 AND (place.canteen IS NULL
        OR place.canteen NOT IN (SELECT number FROM canteen))
      ORDER BY number, canteen
      """)
    guard rows.isEmpty else {
      throw StoreError.refused(
        try rows.map { row in
          let terminal: Int64 = try row.integer("number")
          guard let canteen = row["canteen"] as Int64? else {
            return "terminal \(terminal) sold and stands in no canteen: say where it stands"
          }
          return "canteen \(canteen), where terminal \(terminal) stands, is not in the registry"
        })
    }
  }

  /// Up to where the records of each terminal count: by intake, and by the ends of its branches.
  private func drawLine(under quarter: Quarter, _ db: any Database) throws {
    try db.execute(
      "INSERT INTO quarter_line (terminal, quarter, intake) SELECT number, ?, last_intake FROM terminal",
      [quarter.description])
    try db.execute(
      """
      INSERT INTO quarter_head (terminal, quarter, epoch, sequence, head)
      SELECT terminal, CAST(? AS TEXT), epoch, sequence, head FROM (\(Self.branchEnds)) AS branch
      """, [quarter.description])
  }

  /// Where each branch of each terminal ends: the accepted one of every epoch, and those of forks.
  static let branchEnds = """
    SELECT terminal, epoch, last_sequence AS sequence, head FROM chain WHERE last_sequence > 0
    UNION
    SELECT intake.terminal, record.epoch, record.sequence, intake.head FROM intake
    JOIN record ON record.terminal = intake.terminal AND record.id = intake.head
    WHERE added > 0 AND accepted = 0
      AND intake.terminal IN (SELECT terminal FROM tally WHERE fork_records > 0)
    """

  /// The first place of a terminal reaches back to its first record: what it sold before is somebody's, too.
  private func keepPlaces(of quarter: Quarter, _ db: any Database) throws {
    let (beginning, end) = ("(-9223372036854775807 - 1)", "9223372036854775807")
    try db.execute(
      """
      INSERT INTO quarter_place (terminal, quarter, from_ms, to_ms, canteen)
      SELECT terminal, ?,
        CASE WHEN LAG(from_ms) OVER places IS NULL THEN \(beginning) ELSE from_ms END,
        COALESCE(LEAD(from_ms) OVER places - 1, \(end)), canteen
      FROM terminal_place WINDOW places AS (PARTITION BY terminal ORDER BY from_ms)
      """, [quarter.description])
    try db.execute(
      """
      INSERT INTO quarter_place (terminal, quarter, from_ms, to_ms, canteen)
      SELECT number, ?, \(beginning), \(end), canteen FROM terminal
      WHERE canteen > 0 AND number NOT IN (SELECT terminal FROM terminal_place)
      """, [quarter.description])
  }
}

extension QuarterClose {
  fileprivate init(_ row: Row) throws {
    guard let quarter = Quarter(try row.text("quarter")),
      let people = TwoPeople(
        proposer: try row.text("proposed_by"), approver: try row.text("approved_by"))
    else { throw StoreError.damaged("a quarter was closed by nobody") }
    self.init(
      quarter: quarter, closedMilliseconds: try row.integer("closed_ms"),
      utcOffsetMinutes: try row.integer("offset_minutes"), people: people)
  }
}

/// Days of a time zone without summer time.
struct LocalTime: Sendable {
  let offsetMinutes: Int

  private static let millisecondsPerDay: Int64 = 86_400_000
  /// Behind it no quarter ends: the year 9999.
  private static let lastMilliseconds: Int64 = 253_402_214_400_000

  /// The local day of a time, in days since 1970-01-01; day 0 for every time before.
  func day(of milliseconds: Int64) -> Int32 {
    guard milliseconds > 0 else { return 0 }
    let local = min(milliseconds, Self.lastMilliseconds) + Int64(offsetMinutes) * 60_000
    return Int32(local / Self.millisecondsPerDay)
  }

  /// The same of a column, in SQL.
  func day(of column: String) -> String {
    """
    (CASE WHEN \(column) <= 0 THEN 0 WHEN \(column) >= \(Self.lastMilliseconds)
      THEN \(day(of: Self.lastMilliseconds)) ELSE (\(column) + \(offsetMinutes * 60_000)) / \(Self.millisecondsPerDay) END)
    """
  }

  /// When a local day begins.
  func start(of day: Int32) -> Int64 {
    Int64(day) * Self.millisecondsPerDay - Int64(offsetMinutes) * 60_000
  }
}
