import CanteenModel
import Foundation
import GRDB
import SyncProtocol
import TerminalCore

/// Writes a new ledger from what can be read of a damaged one: the records that link, byte for byte
/// under their own epoch, what hangs on them, what the centre fed, and the first record of the next
/// epoch.
struct SalvagedLedger {
  private let configuration: Journal.Configuration
  private let source: DamagedLedger
  private let granted: GrantedEpoch
  private var end: ChainPlace
  private var lastTime: RecordTime?
  private var firstWall: Int64?
  private var closedUpTo: JournalPosition?
  private var kept = 0
  /// What kept records used or gave back: an older row of it is none any more.
  private var usedHolds: [HoldID] = []
  private var unsettled = Fen.zero

  init(_ source: DamagedLedger, in granted: GrantedEpoch, _ configuration: Journal.Configuration) {
    self.source = source
    self.granted = granted
    self.configuration = configuration
    end =
      source.start
      ?? ChainPlace(position: JournalPosition(epoch: Epoch(1), sequence: .none), head: .zero)
  }

  /// Fills an empty ledger, in one transaction.
  ///
  /// - Parameters:
  ///   - old: The damaged ledger; `nil` when it does not open at all.
  ///   - file: What it is called from now on.
  /// - Throws: ``JournalError/epochTaken(_:)``, and what writing throws.
  mutating func write(_ db: Database, from old: Database?, calling file: String) throws -> Salvage {
    try db.inTransaction(.immediate) {
      try source.walk(old) { try keep($0, $1, db) }
      guard granted.epoch > end.position.epoch || end.position.sequence == .none else {
        throw JournalError.epochTaken(granted.epoch)
      }
      try writeState(opening(db), db)
      if let acknowledged = source.acknowledged {
        try RotationRows.acknowledge(upTo: acknowledged.position, db)
      }
      if let old { try FedRows.carry(from: old, to: db) }
      for hold in usedHolds { _ = try HoldRows.delete(hold, db) }
      try salvage(calling: file).insert(db)
      return .commit
    }
    return salvage(calling: file)
  }

  private func salvage(calling file: String) -> Salvage {
    Salvage(file: file, kept: kept, missing: missing, end: end.position)
  }

  /// Keeps one record and what hangs on it.
  private mutating func keep(
    _ position: JournalPosition, _ bytes: [UInt8], _ db: Database
  ) throws {
    let before = position.epoch > end.position.epoch ? Digest32.zero : end.head
    let place = ChainPlace(
      position: position,
      head: Chain.head(
        after: before, record: bytes, terminal: configuration.terminal, position: position))
    let record = try RecordReplay.insert(bytes, at: place, db)
    let isUnsettled = source.acknowledged.map { position > $0.position } ?? true
    if isUnsettled { kept += 1 }
    switch record.body {
    case .sale(let sale): if isUnsettled { unsettled = try unsettled + sale.total }
    case .dayClosed: closedUpTo = position
    case .correction(let correction):
      if let elsewhere = correction.elsewhere { usedHolds.append(elsewhere.hold) }
    case .holdReleased(let released): usedHolds.append(released.hold)
    case .epochOpened, .decline, .keyRotated: break
    }
    end = place
    lastTime = record.time
    if firstWall == nil { firstWall = record.time.wallMilliseconds }
  }

  /// Writes the first record of the epoch: it names where the one before ends.
  private func opening(_ db: Database) throws -> ChainPlace {
    let isSameBoot =
      source.state.map { $0.bootID == configuration.bootID && end.position > $0.bootStart } ?? false
    var clock = RecordClock(
      lastRecord: lastTime, isSameBoot: isSameBoot,
      floorMilliseconds: configuration.clockFloorMilliseconds)
    let hasPrevious = end.position.sequence != .none
    let record = JournalRecord(
      time: clock.stamp(configuration.readClock()),
      body: .epochOpened(
        EpochOpened(
          previous: hasPrevious ? end.position : nil,
          previousHead: hasPrevious ? end.head : .zero)))
    let position = JournalPosition(epoch: granted.epoch, sequence: SequenceNumber(1))
    let bytes = try RecordCodec.encode(record)
    let head = Chain.head(
      after: .zero, record: bytes, terminal: configuration.terminal, position: position)
    try RecordRow.insert(bytes, record.time, head, at: position, db)
    return ChainPlace(position: position, head: head)
  }

  private func writeState(_ opening: ChainPlace, _ db: Database) throws {
    let nothing = ChainPlace(
      position: JournalPosition(epoch: granted.epoch, sequence: .none), head: .zero)
    let acked = source.acknowledged ?? nothing
    let state = source.state
    let closed = closedUpTo ?? state.flatMap { $0.closedUpTo <= end.position ? $0.closedUpTo : nil }
    try db.execute(
      sql: """
        INSERT INTO terminal_state (id, terminal, epoch, sequence, head, acked_epoch,
          acked_sequence, acked_head, acked_time_ms, nonce, next_size, unsettled_fen, opening_token,
          canteen, is_only_terminal, closed_epoch, closed_sequence, boot_id, boot_epoch,
          boot_sequence, is_open, is_retired)
        VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        configuration.terminal.number, opening.position.epoch.number,
        Int64(opening.position.sequence.number), opening.head.blob, acked.position.epoch.number,
        Int64(acked.position.sequence.number), acked.head.blob,
        state?.acknowledged.timeMilliseconds ?? 0, state?.acknowledged.nonce?.blob,
        state?.acknowledged.nextSize ?? WireLimit.recordsPerBatch, unsettled.value,
        granted.token.blob, state?.canteen ?? 0, state?.isOnlyTerminal ?? false,
        closed?.epoch.number ?? 0, Int64(closed?.sequence.number ?? 0), state?.bootID ?? "",
        state?.bootStart.epoch.number ?? 0, Int64(state?.bootStart.sequence.number ?? 0),
        // Not known: then nobody knows either who saw a light.
        state?.wasOpen ?? true, state?.isRetired ?? false,
      ])
    guard let start = source.start, start.position.sequence != .none else { return }
    try PrunedEnd(
      position: start.position, head: start.head, countedFromDay: countedFromDay(start)
    ).insert(db)
  }

  /// Where records before the first one are not here, the meals of its day are not whole.
  private func countedFromDay(_ start: ChainPlace) -> Int32 {
    if let pruned = source.pruned, pruned.place == start { return pruned.countedFromDay }
    let minutes = (firstWall ?? 0) / 60_000 + Int64(Journal.defaultUTCOffsetMinutes)
    return Int32(clamping: minutes / 1440 + 1)
  }

  /// How many records the damaged ledger said that it had behind the last one that was kept.
  private var missing: Int? {
    guard let last = source.state?.position else { return nil }
    guard last > end.position else { return 0 }
    let isSameEpoch = last.epoch == end.position.epoch
    return Int(
      clamping: last.sequence.number - (isSameEpoch ? end.position.sequence.number : 0))
  }
}
