package import CanteenModel
import Foundation
import GRDB
package import SyncProtocol
import Synchronization

/// What the ledger keeps of the other terminals' chains, for the centre: a disk that loses the end of its own
/// ledger notices nothing itself.
extension Journal {
  /// Where this ledger ends, signed; `nil` before its first record, and while a rotation of the key waits for its
  /// ack: nothing but a batch is signed then that the centre could not judge.
  package func signedHead() throws(WireError) -> [UInt8]? {
    let now = state.withLock { $0 }
    guard now.position.sequence != .none, now.rotation?.isAcknowledged ?? true else { return nil }
    return try HeadCodec.seal(
      ChainHead(terminal: terminal, position: now.position, head: now.head), key: key)
  }

  /// Keeps the newest head of another terminal.
  ///
  /// - Precondition: The caller knows that the terminal says it; the centre will judge the signature.
  package func witness(_ bytes: [UInt8], _ head: ChainHead) async throws(JournalError) {
    let isNew = try await read { db in
      try WitnessRows.newest(of: head.terminal, db).map { $0 < head.position } ?? true
    }
    guard isNew else { return }
    try await write { db, _ in try WitnessRows.keep(bytes, head, db) }
  }
}

/// A head that was handed in with a batch.
struct WitnessedPlace: Hashable, Sendable {
  let terminal: TerminalID
  let position: JournalPosition
}

/// The rows of other terminals' heads.
enum WitnessRows {
  static func newest(of terminal: TerminalID, _ db: Database) throws -> JournalPosition? {
    try Row.fetchOne(
      db, sql: "SELECT epoch, sequence FROM witness WHERE terminal = ?",
      arguments: [terminal.number]
    ).map { try $0.position() }
  }

  /// Keeps a head unless a newer one of its terminal is here.
  static func keep(_ bytes: [UInt8], _ head: ChainHead, _ db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO witness (terminal, epoch, sequence, bytes) VALUES (?, ?, ?, ?)
        ON CONFLICT (terminal) DO UPDATE SET epoch = excluded.epoch, sequence = excluded.sequence,
          bytes = excluded.bytes, is_handed_in = 0
        WHERE (excluded.epoch, excluded.sequence) > (witness.epoch, witness.sequence)
        """,
      arguments: [
        head.terminal.number, head.position.epoch.number, Int64(head.position.sequence.number),
        Data(bytes),
      ])
  }

  /// What the centre does not have yet, for one batch.
  static func due(_ db: Database) throws -> [(place: WitnessedPlace, bytes: [UInt8])] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT epoch, sequence, terminal, bytes FROM witness WHERE is_handed_in = 0
        ORDER BY terminal LIMIT \(HeadCodec.limit)
        """
    ).map { row in
      (
        WitnessedPlace(
          terminal: TerminalID(try row.value("terminal")), position: try row.position()),
        Array(try row.value("bytes") as Data)
      )
    }
  }

  /// The centre has them, unless a newer one took the place of one of them.
  static func markHandedIn(_ places: [WitnessedPlace], _ db: Database) throws {
    for place in places {
      try db.execute(
        sql: """
          UPDATE witness SET is_handed_in = 1 WHERE terminal = ? AND epoch = ? AND sequence = ?
          """,
        arguments: [
          place.terminal.number, place.position.epoch.number,
          Int64(place.position.sequence.number),
        ])
    }
  }
}
