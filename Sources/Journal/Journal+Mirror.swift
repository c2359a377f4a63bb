import CanteenModel
import Foundation
import GRDB
import SyncProtocol
import Synchronization

extension Journal {
  /// How the copy on the second medium stands; `nil` where there is to be none.
  package var mirrorStanding: MirrorStanding? { mirror?.standing }

  /// Copies to the second medium what it lacks, and returns when it is there. One task calls this, after
  /// each of ``changes`` and from time to time; without a mirror nothing happens.
  ///
  /// A medium that fails is tried again by the next call; ``mirrorStanding`` says what is wrong with it.
  ///
  /// - Throws: What reading the ledger throws.
  package func copyToMirror() async throws(JournalError) {
    guard let mirror else { return }
    do {
      if mirror.copied == nil { try await attach(mirror) }
      while let copied = mirror.copied {
        let pruned = state.withLock { $0.pruned }
        if copied.end < pruned.position {
          try await begin(mirror, behind: pruned)
          continue
        }
        let entries = try await read { db in try MirroredRows.entries(behind: copied, db) }
        guard !entries.isEmpty else { break }
        try await mirror.append(entries)
      }
      try await mirror.shorten(to: state.withLock { $0.pruned.place })
    } catch let error as JournalError {
      throw error
    } catch {
      mirror.failed(error)
    }
  }

  private func begin(_ mirror: Mirror, behind pruned: PrunedEnd) async throws {
    let wall = configuration.readClock().wallMilliseconds
    try await mirror.onThread { try mirror.begin(behind: pruned.place, at: wall) }
  }

  /// Finds the place from which a medium goes on that was not there when the ledger was opened.
  private func attach(_ mirror: Mirror) async throws {
    let now = state.withLock { $0 }
    guard let view = try await mirror.onThread({ try MirrorView(mirror.file, now) }) else {
      return try await begin(mirror, behind: now.pruned)
    }
    switch try await read({ db in try view.relation(to: now, db) }) {
    case .ahead where view.isLonger(than: now), .farAhead:
      throw MirrorFault(
        "\(mirror.file.path) has records that the ledger lacks: restart canteend, which takes them back"
      )
    case .behind, .ahead: try await mirror.onThread { try mirror.resume(view.scan) }
    case .apart: try await begin(mirror, behind: now.pruned)
    }
  }

  /// Takes back what a lying disk lost of the ledger and the mirror has, before anything is built on the
  /// ledger. A medium that is not there, or cannot be read or written, is done without.
  ///
  /// - Returns: Whether the ledger changed.
  /// - Throws: ``JournalError/damaged(_:)`` when the ledger must be begun again from its mirror, and what
  ///   writing the ledger throws.
  static func takeBack(
    from mirror: Mirror, _ state: LedgerState, _ configuration: Configuration, _ db: Database
  ) throws -> Bool {
    func begin() throws {
      try mirror.begin(
        behind: state.pruned.place, at: configuration.readClock().wallMilliseconds)
    }
    let found = Result { try MirrorView(mirror.file, state) }
    guard case .success(let view?) = found else {
      mirror.orFailed {
        _ = try found.get()
        try begin()
      }
      return false
    }
    switch try view.relation(to: state, db) {
    case .apart:
      mirror.orFailed { try begin() }
      return false
    case .behind:
      mirror.orFailed { try mirror.resume(view.scan) }
      return false
    case .farAhead:
      throw JournalError.damaged("its mirror begins behind its last record")
    case .ahead:
      let isChanged = try MirroredRows.takeBack(view, state, db)
      mirror.orFailed { try mirror.resume(view.scan) }
      return isChanged
    }
  }
}

/// A mirror, as it looks from where its ledger ends.
struct MirrorView: Sendable {
  let scan: MirrorScan
  /// The mirror's head at the ledger's last record; `nil` when it has none there.
  private let headThere: Digest32?
  /// Its records behind that place.
  let ahead: [(place: ChainPlace, bytes: [UInt8])]

  /// How a mirror lies to its ledger.
  enum Relation {
    /// It ends at a record that the ledger has, too.
    case behind
    /// It has the ledger's last record, and may go on behind it.
    case ahead
    /// It begins only behind the ledger's last record.
    case farAhead
    /// They have different records in one place.
    case apart
  }

  /// - Throws: What reading the file throws.
  /// - Returns: `nil` when there is no mirror.
  init?(_ file: MirrorFile, _ state: LedgerState) throws {
    var headThere: Digest32?
    var ahead: [(place: ChainPlace, bytes: [UInt8])] = []
    let found = try file.scan { place, bytes in
      if place.position == state.position { headThere = place.head }
      if place.position > state.position { ahead.append((place, bytes)) }
    }
    guard let scan = found else { return nil }
    self.scan = scan
    let beginsThere = scan.beginning.position == state.position
    self.headThere = beginsThere ? scan.beginning.head : headThere
    self.ahead = ahead
  }

  func isLonger(than state: LedgerState) -> Bool { scan.end.position > state.position }

  func relation(to state: LedgerState, _ db: Database) throws -> Relation {
    if let headThere { return headThere == state.head ? .ahead : .apart }
    if scan.beginning.position > state.position { return .farAhead }
    let end = scan.end
    let head = try Row.fetchOne(
      db, sql: "SELECT head FROM record WHERE epoch = ? AND sequence = ?",
      arguments: [end.position.epoch.number, Int64(end.position.sequence.number)]
    )?.head("head")
    return head == end.head ? .behind : .apart
  }
}

/// What of the ledger goes into a mirror, and comes back from it.
enum MirroredRows {
  /// How many entries are copied at once: about a millisecond of reading.
  private static let entriesAtOnce = 200

  /// The next records that a mirror lacks; once it has all of them, the last ack if that is another.
  static func entries(behind copied: MirrorWriter.Place, _ db: Database) throws -> [MirrorEntry] {
    let statement = try db.cachedStatement(
      sql: """
        SELECT epoch, sequence, bytes FROM record WHERE (epoch, sequence) > (?, ?)
        ORDER BY epoch, sequence LIMIT ?
        """)
    let rows = try Row.fetchAll(
      statement,
      arguments: [
        copied.end.epoch.number, Int64(copied.end.sequence.number), entriesAtOnce,
      ])
    var entries: [MirrorEntry] = try rows.map { row in
      .record(try row.position(), Array(try row.value(2) as Data))
    }
    if rows.count < entriesAtOnce, let ack = try acknowledged(db), ack != copied.acknowledged {
      entries.append(.acknowledged(ack))
    }
    return entries
  }

  /// - Returns: `nil` before the first ack.
  private static func acknowledged(_ db: Database) throws -> MirroredAck? {
    let statement = try db.cachedStatement(
      sql: """
        SELECT acked_epoch, acked_sequence, acked_head, acked_time_ms, nonce, next_size, next_epoch,
          epoch_token FROM terminal_state
        """)
    guard let row = try Row.fetchOne(statement), let nonce = try row.optionalHead("nonce"),
      let token = try row.optionalHead("epoch_token")
    else { return nil }
    return MirroredAck(
      position: try row.position(), head: try row.head("acked_head"), nonce: nonce,
      timeMilliseconds: try row.value("acked_time_ms"), nextSize: try row.value("next_size"),
      nextEpoch: Epoch(try row.value("next_epoch")), epochToken: token)
  }

  /// Writes the records and the ack that the mirror has behind the ledger's own, in one transaction.
  ///
  /// - Returns: Whether there were any.
  /// - Throws: ``JournalError/damaged(_:)`` when the mirror goes on in an epoch that the ledger never
  ///   opened.
  static func takeBack(
    _ view: MirrorView, _ state: LedgerState, _ db: Database
  ) throws -> Bool {
    let scan = view.scan
    let ack = scan.acknowledged.flatMap {
      $0.timeMilliseconds > state.acknowledged.timeMilliseconds ? $0 : nil
    }
    guard view.isLonger(than: state) || ack != nil else { return false }
    #if SEEDED_BUGS
      if SeededBug.planted == .mirrorNotTakenBack { return false }
    #endif
    guard scan.end.position.epoch == state.position.epoch else {
      throw JournalError.damaged("its mirror goes on in another epoch")
    }
    try db.inTransaction(.immediate) {
      for (place, bytes) in view.ahead { try takeBack(bytes, at: place, db) }
      if let ack { try take(ack, db) }
      let acked = ack?.position ?? state.acknowledged.position
      try db.execute(
        sql: "UPDATE terminal_state SET sequence = ?, head = ?, unsettled_fen = ?",
        arguments: [
          Int64(scan.end.position.sequence.number), scan.end.head.blob,
          try Journal.soldFen(behind: acked, upTo: scan.end.position, db).fen.value,
        ])
      if view.isLonger(than: state) {
        // As if nobody had answered: opening gives back what is left of each by a record.
        try db.execute(sql: "UPDATE hold SET granted_fen = NULL, spent_fen = 0")
      }
      return .commit
    }
    return true
  }

  private static func takeBack(_ bytes: [UInt8], at place: ChainPlace, _ db: Database) throws {
    let record = try RecordReplay.insert(bytes, at: place, db)
    switch record.body {
    case .sale(let sale):
      for spend in sale.holds {
        try db.execute(
          sql: "INSERT OR IGNORE INTO hold (id, account, asked_fen, is_lease) VALUES (?, ?, ?, 1)",
          arguments: [spend.hold.digest.blob, sale.account.number, spend.amount.value])
      }
    case .holdReleased(let released): _ = try HoldRows.delete(released.hold, db)
    case .correction(let correction):
      if let elsewhere = correction.elsewhere { _ = try HoldRows.delete(elsewhere.hold, db) }
    case .dayClosed:
      try db.execute(
        sql: "UPDATE terminal_state SET closed_epoch = ?, closed_sequence = ?",
        arguments: [
          place.position.epoch.number, Int64(place.position.sequence.number),
        ])
    case .epochOpened, .decline, .keyRotated: break
    }
  }

  private static func take(_ ack: MirroredAck, _ db: Database) throws {
    try RotationRows.acknowledge(upTo: ack.position, db)
    try db.execute(
      sql: """
        UPDATE terminal_state SET acked_epoch = ?, acked_sequence = ?, acked_head = ?,
          acked_time_ms = ?, nonce = ?, next_size = ?, next_epoch = ?, epoch_token = ?,
          opening_token = CASE WHEN epoch = ? THEN ? ELSE opening_token END
        """,
      arguments: [
        ack.position.epoch.number, Int64(ack.position.sequence.number), ack.head.blob,
        ack.timeMilliseconds, ack.nonce.blob, ack.nextSize, ack.nextEpoch.number,
        ack.epochToken.blob, ack.nextEpoch.number, ack.epochToken.blob,
      ])
  }
}
