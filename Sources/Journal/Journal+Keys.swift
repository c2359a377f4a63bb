package import CanteenModel
import Foundation
import GRDB
package import SyncProtocol
import Synchronization
import TerminalCore

/// What came of the wish to sign with another key. It exists only after the record is on disk.
package enum KeyRotationStep: Hashable, Sendable {
  /// The record stands here; the new key signs as soon as the centre has acknowledged it.
  case begun(JournalPosition)
  /// The centre has not acknowledged the rotation before: nothing was written.
  case underWay(JournalPosition)
}

/// The newest rotation of the key in a ledger.
struct LastRotation: Hashable, Sendable {
  let position: JournalPosition
  let previous: Digest32
  let next: Digest32
  /// Whether an ack that covers it was ever stored: then the new key signs, whatever later acks name.
  var isAcknowledged: Bool
}

/// The keys that a journal signs with: the one of now, and the one that follows it.
struct RecordKeys: Sendable {
  private(set) var current: SigningKey
  private var next: SigningKey?

  /// - Throws: ``JournalError/otherKey(_:)`` unless the keys are those of the ledger's last rotation.
  init(_ configuration: Journal.Configuration, _ rotation: LastRotation?) throws {
    (current, next) = (configuration.key, configuration.nextKey)
    guard let rotation, rotation.next != current.publicKey.digest else { return }
    guard rotation.previous == current.publicKey.digest,
      rotation.next == next?.publicKey.digest
    else { throw JournalError.otherKey(rotation.position) }
    follow(rotation)
  }

  /// Takes a key that is to follow, once a record names it.
  mutating func prepare(_ key: SigningKey) { next = key }

  /// What signs a batch behind a place: behind a rotation that waits for its ack the key that it names. Only a
  /// file that is carried to the centre goes so far.
  func key(behind place: JournalPosition, _ rotation: LastRotation?) -> SigningKey {
    guard let rotation, !rotation.isAcknowledged, place >= rotation.position, let next else {
      return current
    }
    return next
  }

  /// Signs with the new key as soon as its rotation is acknowledged.
  mutating func follow(_ rotation: LastRotation?) {
    guard let rotation, let next, next.publicKey.digest == rotation.next else { return }
    #if SEEDED_BUGS
      let isDue = rotation.isAcknowledged || SeededKeyBug.planted == .rotatedBeforeAck
    #else
      let isDue = rotation.isAcknowledged
    #endif
    guard isDue else { return }
    (current, self.next) = (next, nil)
  }
}

extension Journal {
  /// Signs what this terminal says.
  package var key: SigningKey { keys.withLock { $0.current } }

  /// Whether a rotation of the key waits for its ack.
  package var isRotatingKey: Bool { state.withLock { $0.rotation?.isAcknowledged == false } }

  /// Writes that records behind this one are signed with another key, which has to be on disk already.
  ///
  /// The key before signs until an ack that covers the record is durable. The batch that hands it in ends
  /// with it.
  ///
  /// - Parameter next: Made with ``SigningKey/init(succeeding:)``, so that the mirror stays readable.
  /// - Throws: ``JournalError/commitFailed(code:)``: the record may or may not be on disk; the new key must be
  ///   kept.
  package func rotate(to next: SigningKey) async throws(JournalError) -> KeyRotationStep {
    let step: KeyRotationStep = try await write { db, draft in
      if let rotation = draft.rotation, !rotation.isAcknowledged {
        return .underWay(rotation.position)
      }
      try self.unfold(&draft, db)
      let time = draft.clock.stamp(self.configuration.readClock())
      let rotated = try KeyRotated(
        from: self.key, to: next, terminal: self.configuration.terminal,
        at: JournalPosition(
          epoch: draft.position.epoch, sequence: draft.position.sequence.next),
        after: draft.head)
      let position = try self.append(
        JournalRecord(time: time, body: .keyRotated(rotated)), &draft, db)
      draft.rotation = try RotationRows.insert(rotated, at: position, db)
      self.keys.withLock { $0.prepare(next) }
      return .begun(position)
    }
    #if SEEDED_BUGS
      let rotation = state.withLock { $0.rotation }
      keys.withLock { $0.follow(rotation) }
    #endif
    return step
  }
}

/// The rows that say where the key was rotated.
enum RotationRows {
  static func insert(
    _ rotated: KeyRotated, at position: JournalPosition, _ db: Database
  ) throws -> LastRotation {
    try db.execute(
      sql: """
        INSERT INTO key_rotation (epoch, sequence, previous, next, is_acknowledged)
        VALUES (?, ?, ?, ?, 0)
        """,
      arguments: [
        position.epoch.number, Int64(position.sequence.number), rotated.previous.blob,
        rotated.next.blob,
      ])
    return LastRotation(
      position: position, previous: rotated.previous, next: rotated.next, isAcknowledged: false)
  }

  /// Notes which rotations an ack covers.
  static func acknowledge(upTo position: JournalPosition, _ db: Database) throws {
    try db.execute(
      sql: "UPDATE key_rotation SET is_acknowledged = 1 WHERE (epoch, sequence) <= (?, ?)",
      arguments: [position.epoch.number, Int64(position.sequence.number)])
  }

  /// The newest rotation; `nil` when there was none.
  static func last(_ db: Database) throws -> LastRotation? {
    let row = try Row.fetchOne(
      db,
      sql: """
        SELECT epoch, sequence, previous, next, is_acknowledged FROM key_rotation
        ORDER BY epoch DESC, sequence DESC LIMIT 1
        """)
    return try row.map { row in
      LastRotation(
        position: try row.position(), previous: try row.head("previous"),
        next: try row.head("next"), isAcknowledged: try row.value(4) as Int != 0)
    }
  }

  /// How many records lie between a place and the next rotation of its epoch, that one included; `nil`
  /// without one.
  static func distance(behind place: JournalPosition, _ db: Database) throws -> Int? {
    let next = try Int64.fetchOne(
      db,
      sql: """
        SELECT sequence FROM key_rotation WHERE epoch = ? AND sequence > ? ORDER BY sequence LIMIT 1
        """, arguments: [place.epoch.number, Int64(place.sequence.number)])
    return next.map { Int(clamping: $0 - Int64(place.sequence.number)) }
  }

  /// The newest acknowledged rotations whose records are here, oldest first.
  static func handovers(_ pruned: PrunedEnd, _ db: Database) throws -> [KeyHandover] {
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT rotation.epoch, rotation.sequence, record.bytes, before.head
        FROM key_rotation AS rotation JOIN record USING (epoch, sequence)
        LEFT JOIN record AS before
          ON before.epoch = rotation.epoch AND before.sequence = rotation.sequence - 1
        WHERE is_acknowledged = 1 ORDER BY rotation.epoch DESC, rotation.sequence DESC LIMIT ?
        """, arguments: [KeyHandover.limit])
    return try rows.reversed().map { row in
      KeyHandover(
        position: try row.position(), previousHead: try row.optionalHead("head") ?? pruned.head,
        record: Array(try row.value(2) as Data))
    }
  }

  /// What the rows behind a place say, for the comparison with the records.
  static func fingerprint(behind pruned: JournalPosition, _ db: Database) throws -> RowFingerprint {
    let rows = try Row.fetchAll(
      db, sql: "SELECT epoch, sequence FROM key_rotation WHERE (epoch, sequence) > (?, ?)",
      arguments: [pruned.epoch.number, Int64(pruned.sequence.number)])
    var fingerprint = RowFingerprint()
    for row in rows { fingerprint.add([try row.value(0), try row.value(1)]) }
    return fingerprint
  }
}

extension Schema {
  static let keys = """
    -- The records that hand over from one key to the next. A row stays when its record is removed: the last
    -- one says which key signs.
    CREATE TABLE key_rotation (
      epoch INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      previous BLOB NOT NULL CHECK (length(previous) = 32),
      next BLOB NOT NULL CHECK (length(next) = 32),
      -- 1 as soon as an ack that covers it was stored.
      is_acknowledged INTEGER NOT NULL,
      PRIMARY KEY (epoch, sequence)
    ) STRICT, WITHOUT ROWID;
    """
}
