package import CanteenModel
import Foundation
import SQLStore
import SettlementCore
import SyncProtocol

/// What is known of the last records of a terminal that was retired.
package struct TerminalTail: Hashable, Sendable, Codable {
  /// Whether it has read that it is retired: it sells nothing more.
  package let isTold: Bool
  /// How many records it had besides those that are here, by its own last word.
  package let missing: UInt64

  package init(isTold: Bool, missing: UInt64) {
    self.isTold = isTold
    self.missing = missing
  }

  /// Whether nothing more can come.
  package var isWhole: Bool { isTold && missing == 0 }
}

/// What a batch from a file brought.
package struct ImportedBatch: Hashable, Sendable, Codable {
  package let terminal: UInt32
  /// How many records it held, and how many of them were not here.
  package let carried: Int
  package let added: Int
  /// ``FlagKind/gap``: nothing of it was taken; records before it are missing here.
  package let flags: [FlagKind]
}

extension Books {
  /// Retires a terminal for good: it hands in what it has, is fed nothing more, and approves nothing from its
  /// next ack on.
  ///
  /// - Throws: ``StoreError/unknownTerminal(_:)``; ``StoreError/refused(_:)`` for one that is retired.
  package func retire(_ terminal: TerminalID) async throws(StoreError) {
    try await write { db in try self.retire(terminal, by: nil, db) }
  }

  /// Retires a terminal and adds the one that takes its place: under the next free number, in the same canteen.
  ///
  /// - Parameter pullURL: Where the new one is pulled from; `nil` for the address of the one before, which is
  ///   then pulled no longer.
  /// - Returns: The number of the new one.
  /// - Throws: As ``retire(_:)``.
  package func replace(
    _ terminal: TerminalID, name: String, pullURL: String?
  ) async throws(StoreError) -> TerminalID {
    guard !name.isEmpty else { throw .refused(["the terminal needs a name: 一号窗口"]) }
    return try await write { db in
      let number = try self.freeNumber(db)
      let row = try db.row(
        "SELECT canteen, pull_url FROM terminal WHERE number = ?", [terminal.number])
      guard let row else { throw StoreError.unknownTerminal(terminal) }
      try db.execute(
        "INSERT INTO terminal (number, name, pull_url, canteen) VALUES (?, ?, ?, ?)",
        [
          number, name, pullURL ?? row["pull_url"] as String?,
          try row.integer("canteen") as Int64,
        ])
      try self.notePlace(of: TerminalID(number), db)
      if pullURL == nil {
        try db.execute(
          "UPDATE terminal SET pull_url = NULL WHERE number = ?", [terminal.number])
      }
      try self.retire(terminal, by: number, db)
      return TerminalID(number)
    }
  }

  private func retire(
    _ terminal: TerminalID, by successor: UInt32?, _ db: any Database
  ) throws {
    guard try isKnown(terminal, db) else { throw StoreError.unknownTerminal(terminal) }
    let changed = try db.execute(
      """
      UPDATE terminal SET retired_ms = COALESCE(retired_ms, ?),
        retired_after = COALESCE(retired_after, last_intake), replaced_by = ?
      WHERE number = ? AND replaced_by IS NULL AND (retired_ms IS NULL OR ? > 0)
      """,
      [configuration.now(), successor, terminal.number, Int64(successor ?? 0)])
    guard changed == 1 else {
      throw StoreError.refused([
        "terminal \(terminal) is retired already: canteen-settlement terminal list"
      ])
    }
  }

  /// Lets a terminal sell again that was retired, unless another one took its place.
  func unretire(_ terminal: TerminalID, _ db: any Database) throws {
    try db.execute(
      """
      UPDATE terminal SET retired_ms = NULL, retired_after = NULL, tail_missing = NULL, tail_told = 0
      WHERE number = ? AND replaced_by IS NULL
      """, [terminal.number])
  }

  /// Whether a terminal was retired.
  func isRetired(_ terminal: TerminalID, _ db: any Database) throws -> Bool {
    try db.row(
      "SELECT 1 FROM terminal WHERE number = ? AND retired_ms IS NOT NULL", [terminal.number])
      != nil
  }

  /// Whether a terminal is fed no rows: it was retired.
  func isFedNothing(_ terminal: TerminalID, _ db: any Database) throws -> Bool {
    #if SEEDED_BUGS
      if planted == .feedsRetired { return false }
    #endif
    return try isRetired(terminal, db)
  }

  /// Refuses what only a terminal may ask that goes on selling.
  func refuseRetired(_ terminal: TerminalID, _ db: any Database) throws {
    guard try isRetired(terminal, db) else { return }
    throw StoreError.refused([
      "terminal \(terminal) is retired: it hands in what it has, and nothing more"
    ])
  }

  /// Notes what a retired terminal said of its end.
  ///
  /// - Parameters:
  ///   - held: Up to where its own branch is held now.
  ///   - echoed: The number of the ack that it echoed; `nil` for a batch from a file, which knows nothing of
  ///     what a terminal said that was told.
  func noteTail(
    of batch: BatchFacts, holding held: SequenceNumber, echoed: Int64?, _ db: any Database
  ) throws {
    guard let newest = batch.newest else { return }
    try db.execute(
      """
      UPDATE terminal SET tail_missing = ?,
        tail_told = CASE WHEN retired_after < ? THEN 1 ELSE tail_told END
      WHERE number = ? AND retired_ms IS NOT NULL AND (tail_told = 0 OR ? >= 0)
      """,
      [
        Int64(newest.number - min(newest.number, held.number)), echoed ?? -1,
        batch.terminal.number, echoed ?? -1,
      ])
  }

  /// Takes a batch that somebody brought in a file. It is judged as one that the terminal handed in by itself,
  /// so that what comes twice counts once.
  ///
  /// - Throws: As ``take(batch:from:)``; ``StoreError/shutOut(_:_:)``; ``StoreError/refused(_:)`` for one of an
  ///   epoch that is not open.
  package func importBatch(_ bytes: [UInt8]) async throws(StoreError) -> ImportedBatch {
    let terminal: TerminalID
    do {
      terminal = try BatchCodec.claim(of: bytes).terminal
    } catch {
      throw .notGenuine(error)
    }
    try await read { db in try self.refuseShutOut(terminal, db) }
    switch try await take(batch: bytes, from: terminal, isCarried: true) {
    case .acknowledged(let receipt):
      return ImportedBatch(
        terminal: terminal.number, carried: receipt.carried, added: receipt.added,
        flags: receipt.flags)
    case .unknownEpoch: throw .refused([FlagKind.unknownEpoch.advice])
    }
  }
}
