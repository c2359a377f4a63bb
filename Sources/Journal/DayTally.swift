import CanteenModel
import Foundation
import GRDB
import SyncProtocol

/// What a terminal did on one local day, by its own records.
package struct DayTally: Hashable, Sendable {
  /// Local days since 1970-01-01.
  package private(set) var day: Int64
  package private(set) var approved = 0
  package private(set) var approvedFen: Int64 = 0
  package private(set) var declined = 0
  /// Corrections of own sales, and what they gave back.
  package private(set) var corrected = 0
  package private(set) var correctedFen: Int64 = 0
  /// Presentations for which an earlier sale was shown, since the ledger was opened; they leave no
  /// record.
  package private(set) var shownAgain = 0
  let utcOffsetMinutes: Int

  init(utcOffsetMinutes: Int, wallMilliseconds: Int64) {
    self.utcOffsetMinutes = utcOffsetMinutes
    day = Self.day(of: wallMilliseconds, utcOffsetMinutes: utcOffsetMinutes)
  }

  /// Counts a record that was committed.
  mutating func count(_ record: JournalRecord) {
    turn(to: record.time)
    switch record.body {
    case .epochOpened, .dayClosed, .holdReleased, .keyRotated: break
    case .correction(let correction) where correction.elsewhere != nil: break
    case .correction(let correction):
      corrected += 1
      correctedFen += correction.total.value
    case .sale(let sale):
      approved += 1
      approvedFen += sale.total.value
    case .decline(let decline): declined += Int(decline.count)
    }
  }

  /// Counts a refusal that has no record of its own yet.
  mutating func countRefusal(at time: RecordTime) {
    turn(to: time)
    declined += 1
  }

  mutating func countShownAgain(at time: RecordTime) {
    turn(to: time)
    shownAgain += 1
  }

  /// Begins a new day when it has come.
  mutating func turn(to time: RecordTime) {
    let day = Self.day(of: time.wallMilliseconds, utcOffsetMinutes: utcOffsetMinutes)
    if day > self.day { self = DayTally(utcOffsetMinutes: utcOffsetMinutes, day: day) }
  }

  private init(utcOffsetMinutes: Int, day: Int64) {
    self.utcOffsetMinutes = utcOffsetMinutes
    self.day = day
  }

  private static func day(of wallMilliseconds: Int64, utcOffsetMinutes: Int) -> Int64 {
    (wallMilliseconds / 60_000 + Int64(utcOffsetMinutes)) / 1440
  }

  /// Counts the records of the last record's day, newest first, so that the cost is one day's records
  /// however long the journal is.
  static func read(_ db: Database, utcOffsetMinutes: Int, lastWall: Int64) throws -> DayTally {
    var tally = DayTally(utcOffsetMinutes: utcOffsetMinutes, wallMilliseconds: lastWall)
    let cursor = try Row.fetchCursor(
      db, sql: "SELECT wall_ms, bytes FROM record ORDER BY epoch DESC, sequence DESC")
    while let row = try cursor.next() {
      guard day(of: try row.value(0), utcOffsetMinutes: utcOffsetMinutes) == tally.day else {
        break
      }
      let bytes: Data = try row.value(1)
      // A record that cannot be read is left out of today's count, and found by verification; it
      // must not keep the terminal from opening.
      guard let record = try? RecordCodec.decode(Array(bytes)) else { continue }
      tally.count(record)
    }
    return tally
  }
}
