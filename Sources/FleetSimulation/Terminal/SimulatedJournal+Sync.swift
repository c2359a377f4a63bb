import CanteenModel
import SyncProtocol
import TerminalCore

extension SimulatedJournal {
  /// The oldest records that the centre has not acknowledged, as a signed batch.
  func nextBatch(limit: Int) throws -> (bytes: [UInt8], facts: BatchFacts) {
    let ledger = disk.content
    let acked = ledger.acknowledged
    let start =
      acked.position.epoch == ledger.position.epoch
      ? acked.position : JournalPosition(epoch: ledger.position.epoch, sequence: .none)
    let offset = Int(start.sequence.number - ledger.pruned.position.sequence.number)
    var count = min(limit, ledger.records.count - offset)
    // A rotation is the last of its batch, which the key before signs.
    if let next = ledger.rotations.first(where: { $0.position > start }) {
      count = min(count, Int(next.position.sequence.number - start.sequence.number))
    }
    let records = ledger.records[offset..<(offset + count)].map(\.bytes)
    let heads = ledger.witnessed.filter { !$0.isHandedIn }.prefix(HeadCodec.limit)
    memory.handedIn = heads.map(\.head)
    return try BatchCodec.seal(
      records, terminal: terminal, epoch: start.epoch, first: start.sequence.next,
      previousHead: acked.head, echoedNonce: acked.nonce, challenge: dice.digest(),
      epochToken: ledger.openingToken, newest: ledger.position.sequence,
      handovers: handovers(ledger), witnessed: heads.map(\.bytes), key: key)
  }

  /// Where this ledger ends, signed; `nil` before its first record and while a rotation waits for its ack.
  func signedHead() throws -> [UInt8]? {
    let ledger = disk.content
    guard ledger.position.sequence != .none, ledger.rotations.last?.isAcknowledged ?? true else {
      return nil
    }
    return try HeadCodec.seal(
      ChainHead(terminal: terminal, position: ledger.position, head: ledger.head), key: key)
  }

  /// The newest acknowledged rotations whose records are here, oldest first.
  private func handovers(_ ledger: Ledger) -> [KeyHandover] {
    guard !ledger.rotations.isEmpty else { return [] }
    let known = ledger.rotations.filter { $0.isAcknowledged && ledger.stored($0.position) != nil }
    return known.suffix(KeyHandover.limit).compactMap { rotation in
      let before = JournalPosition(
        epoch: rotation.position.epoch,
        sequence: SequenceNumber(rotation.position.sequence.number - 1))
      guard let stored = ledger.stored(rotation.position), let head = ledger.head(at: before)
      else { return nil }
      return KeyHandover(position: rotation.position, previousHead: head, record: stored.bytes)
    }
  }

  /// Makes an ack durable that the session believed.
  func store(_ ack: AckFacts, roundTripMilliseconds: Int64, now: ClockReading) throws
    -> SimulatedDisk<Ledger>.End
  {
    let end = try write { ledger in
      let before = ledger.acknowledged.position
      let sold = sold(
        behind: min(before, ack.position), upTo: max(before, ack.position), ledger)
      ledger.unsettled = Fen(
        ledger.unsettled.value + (ack.position > before ? -sold : sold))
      if ack.nextEpoch == ledger.position.epoch { ledger.openingToken = ack.epochToken }
      ledger.isRetired = ack.isRetired
      for index in ledger.rotations.indices where ledger.rotations[index].position <= ack.position {
        ledger.rotations[index].isAcknowledged = true
      }
      for index in ledger.witnessed.indices
      where memory.handedIn.contains(ledger.witnessed[index].head) {
        ledger.witnessed[index].isHandedIn = true
      }
      ledger.acknowledged = Ledger.Acknowledged(
        position: ack.position, head: ack.head, nonce: ack.nonce,
        timeMilliseconds: ack.timeMilliseconds, nextSize: ack.nextSize, nextEpoch: ack.nextEpoch,
        token: ack.epochToken)
      if roundTripMilliseconds <= Self.freshMilliseconds, ack.timeMilliseconds >= floorMilliseconds
      {
        memory.clock.heardCentre(ack.timeMilliseconds, bootMilliseconds: now.bootMilliseconds)
      }
    }
    followKeys()
    return end
  }

  private static let freshMilliseconds: Int64 = 60_000

  private func sold(
    behind start: JournalPosition, upTo end: JournalPosition, _ ledger: Ledger
  ) -> Int64 {
    var sum: Int64 = 0
    let base = ledger.pruned.position.sequence.number
    guard end.epoch == ledger.position.epoch, end.sequence.number > base else { return 0 }
    let first = max(start.sequence.number, base)
    for index in Int(first - base)..<Int(end.sequence.number - base) {
      if case .sale(let sale) = ledger.records[index].record.body { sum += sale.total.value }
    }
    return sum
  }

  /// Signs with the new key as soon as its rotation is acknowledged.
  func followKeys() {
    guard let nextKey, let rotation = ledger.rotations.last,
      nextKey.publicKey.digest == rotation.next
    else { return }
    #if SEEDED_BUGS
      let isDue =
        rotation.isAcknowledged || SeededFleetBug.planted == .keyRotatedBeforeAck
    #else
      let isDue = rotation.isAcknowledged
    #endif
    guard isDue else { return }
    (key, self.nextKey) = (nextKey, nil)
  }

  /// Writes that records behind this one are signed with another key.
  func rotate(to next: SigningKey, now: ClockReading) throws {
    if let rotation = ledger.rotations.last, !rotation.isAcknowledged { return }
    // On disk before the record names it.
    nextKey = next
    try write { ledger in
      try unfold(&ledger)
      let time = memory.clock.stamp(now)
      let rotated = try KeyRotated(
        from: key, to: next, terminal: terminal,
        at: JournalPosition(
          epoch: ledger.position.epoch, sequence: ledger.position.sequence.next),
        after: ledger.head)
      let position = try append(
        JournalRecord(time: time, body: .keyRotated(rotated)), &ledger)
      ledger.rotations.append(
        Ledger.Rotation(position: position, previous: rotated.previous, next: rotated.next))
    }
    followKeys()
  }

  /// From where the next page of the feed must start.
  var feedCursor: FeedCursor {
    FeedCursor(
      version: ledger.feedCursor, rulebookVersion: ledger.rulebooks.last?.version ?? 0)
  }

  /// Takes a page of the feed.
  ///
  /// - Returns: `nil` when it is not the next one.
  func apply(_ page: FeedPage, now: ClockReading) throws -> SimulatedDisk<Ledger>.End? {
    let before = disk.content.feedCursor
    if page.fromCursor == before, page.toCursor == before, page.accounts.isEmpty,
      page.rulebook == nil, page.items.isEmpty, (page.place ?? ledger.place) == ledger.place
    {
      return .durable
    }
    #if SEEDED_BUGS
      let isDue = page.fromCursor == before || SeededFleetBug.planted == .feedOutOfOrderIsTaken
    #else
      let isDue = page.fromCursor == before
    #endif
    guard isDue else { return nil }
    return try write(sectors: 1 + page.accounts.count / 4) { ledger in
      for row in page.accounts { replace(row, &ledger) }
      if let rulebook = page.rulebook { take(rulebook, now, &ledger) }
      if let place = page.place { ledger.place = place }
      for row in page.items {
        ledger.catalogue.removeAll { $0.code == row.item.code }
        ledger.catalogue.append(row.item)
      }
      ledger.feedCursor = page.toCursor
    }
  }

  /// Replaces an account's row unless the one here is newer, and its credentials.
  private func replace(_ row: AccountSnapshot, _ ledger: inout Ledger) {
    let index = ledger.shelf(row.account)
    let known = ledger.shelves[index].fed?.version ?? 0
    #if SEEDED_BUGS
      let isOlder = known > row.version && SeededFleetBug.planted != .olderRowReplacesNewer
    #else
      let isOlder = known > row.version
    #endif
    guard !isOlder else { return }
    let before = ledger.shelves[index].fed
    if known != row.version || before == nil { ledger.shelves[index].fed = row }
    guard before?.credentials != row.credentials else { return }
    for credential in before?.credentials ?? [] where ledger.credentials[credential] == index {
      ledger.credentials[credential] = nil
    }
    for credential in row.credentials { ledger.credentials[credential] = index }
  }

  /// Replaces the row of an account that is known, unless the one here is as new.
  func refresh(_ row: AccountSnapshot, _ ledger: inout Ledger) {
    let index = Int(row.account.number) - 1
    guard index < ledger.shelves.count, let known = ledger.shelves[index].fed,
      known.version < row.version
    else { return }
    // Credentials come by the feed alone.
    ledger.shelves[index].fed = AccountSnapshot(
      account: row.account, maskedName: row.maskedName, status: row.status,
      category: row.category, homeCanteen: row.homeCanteen, tranches: row.tranches,
      homePrices: row.homePrices, version: row.version, includes: row.includes,
      peerIncludes: row.peerIncludes, credentials: known.credentials)
  }

  /// Keeps a newer rulebook, and puts it into force when its day has come.
  private func take(_ rulebook: Rulebook, _ now: ClockReading, _ ledger: inout Ledger) {
    guard rulebook.version > ledger.rulebooks.last?.version ?? 0 else { return }
    ledger.rulebooks.append(rulebook)
    memory.coming.append(rulebook)
    memory.enforce(at: memory.clock.reading(now).wallMilliseconds)
    guard let inForce = memory.rulebook,
      inForce.localDay(of: memory.clock.lastWallMilliseconds) >= inForce.effectiveFromDay
    else { return }
    ledger.rulebooks.removeAll { $0.version < inForce.version }
  }
}
