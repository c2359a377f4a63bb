package import CanteenModel
import Foundation
import GRDB
import SyncProtocol
import Synchronization
import TerminalCore

extension Journal {
  /// The oldest records that the centre has not acknowledged, as a signed batch. It may be empty.
  ///
  /// - Parameters:
  ///   - limit: 0...``WireLimit/recordsPerBatch``.
  ///   - challenge: New for every batch; the ack repeats it.
  package func nextBatch(limit: Int, challenge: Digest32) async throws(JournalError)
    -> (bytes: [UInt8], facts: BatchFacts)
  {
    let acknowledged = state.withLock { $0.acknowledged }
    let witnessed = try await read { db in try WitnessRows.due(db) }
    handedIn.withLock { $0 = witnessed.map(\.place) }
    return try await batch(
      behind: ChainPlace(position: acknowledged.position, head: acknowledged.head), limit: limit,
      challenge: challenge, witnessed: witnessed.map(\.bytes))
  }

  /// The records behind a place as a signed batch, for a file that somebody carries to the centre.
  ///
  /// - Parameter position: The last record of the batch before; `nil` for what the centre has, by the last ack.
  /// - Throws: ``JournalError/requestFailed(_:)`` for a place that is not in the ledger.
  package func exportedBatch(
    behind position: JournalPosition?
  ) async throws(JournalError) -> (bytes: [UInt8], facts: BatchFacts) {
    let position = position ?? state.withLock { $0.acknowledged.position }
    guard let head = try await head(at: position) else {
      throw .requestFailed("there is no record \(position.epoch)/\(position.sequence)")
    }
    return try await batch(
      behind: ChainPlace(position: position, head: head), limit: WireLimit.recordsPerBatch,
      challenge: .random())
  }

  private func batch(
    behind place: ChainPlace, limit: Int, challenge: Digest32, witnessed: [[UInt8]] = []
  ) async throws(JournalError) -> (bytes: [UInt8], facts: BatchFacts) {
    let now = state.withLock { $0 }
    let start = try await start(of: place, last: now.position)
    let (records, handovers) = try await read { db in
      // A rotation is the last of its batch, which the key before signs.
      let distance = try now.rotation.flatMap { _ in
        try RotationRows.distance(behind: start.position, db)
      }
      return (
        try Self.records(db, behind: start.position, limit: min(distance ?? limit, limit)),
        try now.rotation.map { _ in try RotationRows.handovers(now.pruned, db) } ?? []
      )
    }
    let isOfLastEpoch = start.position.epoch == now.position.epoch
    do {
      return try BatchCodec.seal(
        records, terminal: configuration.terminal, epoch: start.position.epoch,
        first: start.position.sequence.next, previousHead: start.head,
        echoedNonce: now.acknowledged.nonce, challenge: challenge,
        // In every batch of the epoch: a centre that was restored may not know any more that it opened.
        epochToken: isOfLastEpoch ? now.openingToken : nil,
        newest: isOfLastEpoch ? now.position.sequence : nil, handovers: handovers,
        witnessed: witnessed, key: keys.withLock { $0.key(behind: start.position, now.rotation) })
    } catch {
      throw JournalError(error)
    }
  }

  /// The head after a record, `nil` when there is no such record, or no longer: an ack that names a
  /// place whose records were removed is believed by nobody.
  package func head(at position: JournalPosition) async throws(JournalError) -> Digest32? {
    let (acknowledged, pruned) = state.withLock { ($0.acknowledged, $0.pruned) }
    if position == acknowledged.position { return acknowledged.head }
    if position == pruned.position { return pruned.head }
    if position < pruned.position { return nil }
    if position.sequence == .none { return .zero }
    return try await read { db in
      let row = try Row.fetchOne(
        db, sql: "SELECT head FROM record WHERE epoch = ? AND sequence = ?",
        arguments: [position.epoch.number, Int64(position.sequence.number)])
      return try row?.head("head")
    }
  }

  /// Makes an ack durable. The caller has verified it (`SyncSession`).
  ///
  /// The next batch begins behind it, also when it names less than the ack before it: then the centre
  /// was restored from a backup and lost what it had.
  ///
  /// - Parameter roundTripMilliseconds: How long ago the batch was handed out. The centre's time is
  ///   heard only when it is fresh.
  package func store(
    _ ack: AckFacts, roundTripMilliseconds: Int64 = 0
  ) async throws(JournalError) {
    let isFresh =
      roundTripMilliseconds <= Self.freshMilliseconds
      && ack.timeMilliseconds >= configuration.clockFloorMilliseconds
    let heardAt = configuration.readClock().bootMilliseconds
    let handedIn = handedIn.withLock { $0 }
    try await write { db, draft in
      try WitnessRows.markHandedIn(handedIn, db)
      try Self.settle(upTo: ack.position, &draft, db)
      // While the centre offers the epoch of the last record it is not open there: the tail of an older
      // one is handed in first, and each of its acks makes the token before it worthless.
      if ack.nextEpoch == draft.position.epoch { draft.openingToken = ack.epochToken }
      try db.execute(
        sql: """
          UPDATE terminal_state SET unsettled_fen = ?, acked_epoch = ?, acked_sequence = ?,
            acked_head = ?, acked_time_ms = ?, nonce = ?, next_size = ?, next_epoch = ?,
            epoch_token = ?, opening_token = ?, is_retired = ?
          """,
        arguments: [
          draft.unsettledTotal.value,
          ack.position.epoch.number, Int64(ack.position.sequence.number), ack.head.blob,
          ack.timeMilliseconds, ack.nonce.blob, ack.nextSize, ack.nextEpoch.number,
          ack.epochToken.blob, draft.openingToken?.blob, ack.isRetired,
        ])
      draft.isRetired = ack.isRetired
      if let rotation = draft.rotation, !rotation.isAcknowledged, rotation.position <= ack.position
      {
        try RotationRows.acknowledge(upTo: ack.position, db)
        draft.rotation?.isAcknowledged = true
      }
      draft.acknowledged = Acknowledged(
        position: ack.position, head: ack.head, nonce: ack.nonce,
        timeMilliseconds: ack.timeMilliseconds, nextSize: ack.nextSize)
      if isFresh { draft.clock.heardCentre(ack.timeMilliseconds, bootMilliseconds: heardAt) }
    }
    // Only now: until the ack is on disk a crash goes on with the key before.
    let rotation = state.withLock { $0.rotation }
    keys.withLock { $0.follow(rotation) }
  }

  /// An ack that was under way for longer says nothing about the time.
  private static let freshMilliseconds: Int64 = 60_000

  /// Takes what lies between two acknowledged places off what is unsettled, or puts it back when the
  /// centre lost it.
  private static func settle(
    upTo acked: JournalPosition, _ draft: inout LedgerState, _ db: Database
  ) throws {
    let before = draft.acknowledged.position
    let between = try soldFen(behind: min(before, acked), upTo: max(before, acked), db).fen
    draft.unsettledTotal =
      acked > before
      ? try draft.unsettledTotal - between : try draft.unsettledTotal + between
    draft.unsettledSince = try LedgerState.oldestRecord(behind: acked, db)
  }

  /// What the sales between two places took, and up to where so many records reach.
  static func soldFen(
    behind start: JournalPosition, upTo end: JournalPosition, limit: Int = .max, _ db: Database
  ) throws -> (fen: Fen, end: JournalPosition) {
    let cursor = try Row.fetchCursor(
      db,
      sql: """
        SELECT epoch, sequence, bytes FROM record
        WHERE (epoch, sequence) > (?, ?) AND (epoch, sequence) <= (?, ?)
        ORDER BY epoch, sequence LIMIT ?
        """,
      arguments: [
        start.epoch.number, Int64(start.sequence.number), end.epoch.number,
        Int64(end.sequence.number), limit,
      ])
    var (sum, reached, count) = (Fen.zero, start, 0)
    while let row = try cursor.next() {
      (reached, count) = (try row.position(), count + 1)
      let bytes = Array(try row.value(2) as Data)
      guard case .sale(let sale) = try RecordCodec.decode(bytes).body else { continue }
      sum = try sum + sale.total
    }
    return (sum, count < limit ? end : reached)
  }

  /// From where the next page of the feed must start.
  package var feedCursor: FeedCursor {
    state.withLock {
      FeedCursor(version: $0.feedCursor, rulebookVersion: $0.newestRulebookVersion)
    }
  }

  /// Takes a page of the feed.
  ///
  /// Its rows go in slices, each durable by itself, so that no card waits for a thousand of them; the
  /// cursor moves with the last. A page that was cut short comes again from the same cursor, and a row
  /// replaces only an older one.
  ///
  /// - Throws: ``JournalError/feedOutOfOrder(expected:found:)``.
  package func apply(_ page: FeedPage) async throws(JournalError) {
    guard !isStopped else { throw .stopped }
    guard !state.withLock({ $0.hasAlready(page) }) else { return }
    let limit = configuration.fedRowsAtOnce
    var (accounts, items) = (page.accounts[...], page.items[...])
    #if SEEDED_BUGS
      if seeded.bug == .cursorBeforeRows {
        try await writeFed(page) { db, draft in try Self.move(to: page.toCursor, &draft, db) }
      }
    #endif
    while accounts.count > limit {
      let slice = accounts.prefix(limit)
      accounts = accounts.dropFirst(limit)
      try await writeFed(page) { db, _ in for row in slice { try FedAccount.replace(row, db) } }
    }
    while items.count > limit {
      let slice = items.prefix(limit)
      items = items.dropFirst(limit)
      try await writeFed(page) { db, _ in
        for row in slice { try Catalogue.replace(row.item, version: row.version, db) }
      }
    }
    let (lastAccounts, lastItems) = (accounts, items)
    try await writeFed(page) { db, draft in
      for row in lastAccounts { try FedAccount.replace(row, db) }
      for row in lastItems { try Catalogue.replace(row.item, version: row.version, db) }
      if let rulebook = page.rulebook { try self.take(rulebook, &draft, db) }
      if let place = page.place, place != draft.place {
        try db.execute(
          sql: "UPDATE terminal_state SET canteen = ?, is_only_terminal = ?",
          arguments: [Int64(place.canteen.number), place.isOnlyTerminal])
        try PeerRows.replaceRoster(place.peers, db)
        draft.place = place
      }
      try Self.move(to: page.toCursor, &draft, db)
    }
  }

  /// Writes a part of a page, as long as the page is the next one.
  private func writeFed(
    _ page: FeedPage, _ body: @escaping @Sendable (Database, inout LedgerState) throws -> Void
  ) async throws(JournalError) {
    try await write { db, draft in
      #if SEEDED_BUGS
        let isDue = page.fromCursor == draft.feedCursor || self.seeded.bug == .cursorBeforeRows
      #else
        let isDue = page.fromCursor == draft.feedCursor
      #endif
      guard isDue else {
        throw JournalError.feedOutOfOrder(expected: draft.feedCursor, found: page.fromCursor)
      }
      try body(db, &draft)
    }
  }

  private static func move(
    to cursor: Int64, _ draft: inout LedgerState, _ db: Database
  ) throws {
    try db.execute(sql: "UPDATE terminal_state SET feed_cursor = ?", arguments: [cursor])
    draft.feedCursor = cursor
  }

  /// Where a batch behind a place starts: there, or at the next epoch when that of the place has nothing
  /// more.
  private func start(
    of place: ChainPlace, last: JournalPosition
  ) async throws(JournalError) -> ChainPlace {
    let position = place.position
    guard position.epoch < last.epoch else { return place }
    let next = try await read { db in
      try Int64.fetchOne(
        db,
        sql: """
          SELECT epoch FROM record WHERE (epoch, sequence) > (?, ?) ORDER BY epoch, sequence LIMIT 1
          """, arguments: [position.epoch.number, Int64(position.sequence.number)])
    }
    guard let next, next != Int64(position.epoch.number) else { return place }
    return ChainPlace(
      position: JournalPosition(epoch: Epoch(UInt32(next)), sequence: .none), head: .zero)
  }

  /// Record bytes of one epoch behind a position, so many as fit into a batch.
  private static func records(
    _ db: Database, behind position: JournalPosition, limit: Int
  ) throws -> [[UInt8]] {
    // The header, the signature, the framing, and heads of other terminals.
    let room = WireLimit.bytesPerBatch - 2048 - HeadCodec.limit * HeadCodec.bytesLimit
    var records: [[UInt8]] = []
    var size = 0
    let cursor = try Row.fetchCursor(
      db,
      sql: "SELECT bytes FROM record WHERE epoch = ? AND sequence > ? ORDER BY sequence LIMIT ?",
      arguments: [position.epoch.number, Int64(position.sequence.number), limit])
    while let row = try cursor.next() {
      let bytes = Array(try row.value(0) as Data)
      size += bytes.count + 4
      guard size <= room else { break }
      records.append(bytes)
    }
    return records
  }

  /// Keeps a newer rulebook, and puts it into force when its day has come.
  ///
  /// When too many wait for their day, the one that came first is given up: the feed must go on.
  private func take(_ rulebook: Rulebook, _ draft: inout LedgerState, _ db: Database) throws {
    guard rulebook.version > draft.newestRulebookVersion else { return }
    let now = draft.clock.reading(configuration.readClock()).wallMilliseconds
    draft.enforceRulebook(at: now)
    if draft.comingRulebooks.count >= LedgerState.comingLimit {
      let oldest = draft.comingRulebooks.removeFirst()
      try db.execute(sql: "DELETE FROM rulebook WHERE version = ?", arguments: [oldest.version])
    }
    try db.execute(
      sql: "INSERT INTO rulebook (version, bytes) VALUES (?, ?)",
      arguments: [rulebook.version, Data(try RulebookCodec.encode(rulebook))])
    draft.comingRulebooks.append(rulebook)
    draft.enforceRulebook(at: now)
    guard let inForce = draft.rulebook else { return }
    // After a power cut only the records say what time it is: what was in force then must be there.
    if inForce.localDay(of: draft.clock.lastWallMilliseconds) >= inForce.effectiveFromDay {
      try db.execute(sql: "DELETE FROM rulebook WHERE version < ?", arguments: [inForce.version])
    }
    if inForce.utcOffsetMinutes != draft.today.utcOffsetMinutes {
      draft.today = try DayTally.read(
        db, utcOffsetMinutes: inForce.utcOffsetMinutes, lastWall: draft.clock.lastWallMilliseconds)
    }
  }
}
