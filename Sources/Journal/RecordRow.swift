import CanteenModel
import GRDB

/// A row of the table `record`: the bytes as they were made, and the head after them.
enum RecordRow {
  static func insert(
    _ bytes: [UInt8], _ time: RecordTime, _ head: Digest32, at position: JournalPosition,
    _ db: Database
  ) throws {
    try LedgerStatement(
      db, "INSERT INTO record (epoch, sequence, wall_ms, bytes, head) VALUES (?, ?, ?, ?, ?)"
    ).run(
      .integer(Int64(position.epoch.number)), .integer(Int64(position.sequence.number)),
      .integer(time.wallMilliseconds), .bytes(bytes), .bytes(head.bytes))
  }
}
