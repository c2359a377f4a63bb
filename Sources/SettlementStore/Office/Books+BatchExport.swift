package import CanteenModel
package import Foundation
import SQLStore
import SyncProtocol

/// A part of a terminal's batches.
package struct BatchPage: Hashable, Sendable, Codable {
  /// As ``BatchFile`` holds them; empty behind the last one.
  package let file: Data
  /// The intake of the last one.
  package let last: Int64
}

extension Books {
  /// The batches that brought records of a terminal, or heads of its neighbours, put together as it signed them, in the
  /// order of their intake.
  ///
  /// - Parameters:
  ///   - last: Those behind this intake; 0: from the first one.
  ///   - limit: At most so many. 1 or more.
  package func exportBatches(
    of terminal: TerminalID, after last: Int64 = 0, limit: Int = 64
  ) async throws(StoreError) -> BatchPage {
    try await read { db in
      try db.snapshot {
        guard try self.isKnown(terminal, db) else { throw StoreError.unknownTerminal(terminal) }
        let intakes = try db.rows(
          """
          SELECT number, epoch, first_sequence, records, head, header, witnessed FROM intake
          WHERE terminal = ? AND number > ? AND (added > 0 OR witnessed IS NOT NULL) ORDER BY number LIMIT ?
          """, [terminal.number, last, limit])
        var (file, end) = ([UInt8](), last)
        for intake in intakes {
          file += BatchFile.entry(try self.batch(intake, of: terminal, db))
          end = try intake.integer("number")
        }
        return BatchPage(file: Data(file), last: end)
      }
    }
  }

  /// Goes back from the batch's head, record by record: beside a fork, only the chain says whose is whose.
  private func batch(_ intake: Row, of terminal: TerminalID, _ db: any Database) throws -> [UInt8] {
    guard let header = (intake["header"] as Data?).map({ Array($0) }) else {
      throw StoreError.damaged("an intake without a header")
    }
    let epoch = Epoch(try intake.integer("epoch"))
    let first: UInt64 = try intake.integer("first_sequence")
    let count: UInt64 = try intake.integer("records")
    let rows = try db.rows(
      """
      SELECT sequence, id, bytes FROM record
      WHERE terminal = ? AND epoch = ? AND sequence >= ? AND sequence < ?
      """, [terminal.number, epoch.number, Int64(first), Int64(first + count)])
    var held: [UInt64: [(id: Digest32, bytes: [UInt8])]] = [:]
    for row in rows {
      guard let bytes: Data = row["bytes"] else { throw StoreError.damaged("a record is empty") }
      held[try row.integer("sequence"), default: []].append((try row.digest("id"), Array(bytes)))
    }
    let beginning = (id: try BatchCodec.previousHead(ofHeader: header), bytes: [UInt8]())
    var (records, head) = ([[UInt8]](), try intake.digest("head"))
    for sequence in (first..<first + count).reversed() {
      let before = sequence == first ? [beginning] : held[sequence - 1] ?? []
      let position = JournalPosition(epoch: epoch, sequence: SequenceNumber(sequence))
      let found = held[sequence]?.first { $0.id == head }
      let previous = before.first { candidate in
        found.map { record in
          Chain.head(
            after: candidate.id, record: record.bytes, terminal: terminal, position: position)
            == head
        } ?? false
      }
      guard let found, let previous else {
        throw StoreError.damaged(
          "record \(epoch)/\(sequence) of terminal \(terminal) does not fit its batch")
      }
      records.append(found.bytes)
      head = previous.id
    }
    var witnessed = (intake["witnessed"] as Data?).map { Array($0) }
    #if SEEDED_BUGS
      if plantedOffice == .witnessedHeadsAreLost { witnessed = nil }
    #endif
    return try BatchCodec.rebuilt(
      header: header, records: records.reversed(), witnessed: witnessed)
  }
}
