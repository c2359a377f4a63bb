import CanteenModel
import SeededRandom
import SyncProtocol
import TerminalCore

/// What of a simulated terminal lives in memory and dies with the process.
struct LedgerMemory {
  var clock: RefereedClock
  var rulebook: Rulebook?
  var coming: [Rulebook] = []
  var unlit: RefereedUnlit
  var folded: Folded?
  var statements = OwnStatements()
  /// The heads that went with the last batch.
  var handedIn: [ChainHead] = []

  init(lastRecord: RecordTime?, isSameBoot: Bool, floor: Int64, _ referee: Referee) {
    clock = RefereedClock(
      lastRecord: lastRecord, isSameBoot: isSameBoot, floor: floor, referee)
    unlit = RefereedUnlit(referee)
  }

  /// Refusals that the next record may stand for, as `FoldedDeclines` of the journal.
  struct Folded {
    let first: DeclineRecord
    let position: JournalPosition
    let time: RecordTime
    var count: UInt32 = 0
    var last: RecordTime
  }

  /// Puts a rulebook into force whose day has come; the newest of them.
  mutating func enforce(at wallMilliseconds: Int64) {
    guard !coming.isEmpty else { return }
    let due = coming.lastIndex { $0.localDay(of: wallMilliseconds) >= $0.effectiveFromDay }
    guard let due else { return }
    rulebook = coming[due]
    coming.removeSubrange(...due)
  }
}

/// What a presentation may ask of the centre, or heard from it.
enum Word {
  case nobody
  case askable
  /// `nil`: no answer came in time.
  case answered(HoldRequest, HoldAnswer?)
}

/// What came of a presentation.
enum Step {
  case decided(SaleOutcome)
  case asks(HoldRequest)
  case asksPeers(PeerQuestion)
  /// The commit failed; the journal has stopped.
  case failed
  /// The machine is off.
  case powerLost
}

/// A record that was written in a transaction, durable or not.
struct Appended {
  let position: JournalPosition
  let previous: Digest32
  let head: Digest32
  let bytes: [UInt8]
  let record: JournalRecord
}

/// The journal of a simulated terminal: the rules of `TerminalCore`, called as `Journal` calls them, on a
/// ledger of values.
///
/// What stands here and not in the core is what the journal does in SQL. `FleetDifferentialTests` holds the
/// two together, record for record.
final class SimulatedJournal {
  let terminal: TerminalID
  let referee: Referee
  var disk: SimulatedDisk<Ledger>
  var memory: LedgerMemory
  /// The key that signs, and the one that follows it.
  var key: SigningKey
  var nextKey: SigningKey?
  /// How long records are kept that nobody needs.
  let retentionMilliseconds: Int64
  let floorMilliseconds: Int64
  /// What was written since it was last taken.
  var appended: [Appended] = []
  /// Numbers and challenges.
  var dice: SplitMix64
  /// A commit failed: nothing is taken until it is opened again.
  var isStopped = false

  init(
    terminal: TerminalID, key: SigningKey, epoch: Epoch, token: Digest32?, floor: Int64,
    retention: Int64, dice: SplitMix64, referee: Referee = Referee()
  ) {
    self.terminal = terminal
    self.referee = referee
    self.key = key
    self.dice = dice
    floorMilliseconds = floor
    retentionMilliseconds = retention
    disk = SimulatedDisk(Ledger(epoch: epoch, token: token))
    memory = LedgerMemory(lastRecord: nil, isSameBoot: false, floor: floor, referee)
  }

  var ledger: Ledger { disk.content }

  /// Writes the first record of a new ledger, as the journal does before it is ever opened.
  func begin(now: ClockReading) throws {
    _ = try disk.commit { ledger in
      let time = memory.clock.stamp(now)
      _ = try append(
        JournalRecord(
          time: time, body: .epochOpened(EpochOpened(previous: nil, previousHead: .zero))),
        &ledger)
    }
  }

  /// Opens the ledger after a start of the machine, or of the program alone.
  ///
  /// - Parameter bootID: A new one when the machine was booted.
  func open(now: ClockReading, bootID: UInt64) throws {
    isStopped = false
    disk.next = .synced
    #if SEEDED_BUGS
      let writesAgain = SeededFleetBug.planted != .logNotWrittenAgain
    #else
      let writesAgain = true
    #endif
    if writesAgain { disk.writeLogAgain() }
    let ledger = disk.content
    let isSameBoot = ledger.bootID == bootID
    let bootStart = isSameBoot ? ledger.bootStart : ledger.position
    let last = ledger.stored(ledger.position)?.record.time
    memory = LedgerMemory(
      lastRecord: last, isSameBoot: ledger.position > bootStart, floor: floorMilliseconds, referee)
    memory.coming = ledger.rulebooks
    memory.enforce(at: memory.clock.lastWallMilliseconds)
    if ledger.isOpen { findUnlit(ledger, bootStart, now) }
    followKeys()
    _ = disk.commit { ledger in
      ledger.bootID = bootID
      ledger.bootStart = bootStart
      ledger.isOpen = true
      ledger.openings += 1
      #if SEEDED_BUGS
        if SeededFleetBug.planted == .capsResetAtStart {
          for index in ledger.shelves.indices { ledger.shelves[index].counters.removeAll() }
        }
        if SeededFleetBug.planted == .neighboursForgotten {
          for index in ledger.shelves.indices { ledger.shelves[index].others.removeAll() }
        }
      #endif
    }
    let unanswered = disk.content.holds.filter { $0.granted == nil }
    guard !unanswered.isEmpty else { return }
    _ = try disk.commit { ledger in
      for hold in unanswered {
        try release(HoldReleased(hold: hold.id, account: hold.account), &ledger, now)
      }
    }
  }

  /// Writes a record and moves the chain to it.
  @discardableResult
  func append(_ record: JournalRecord, _ ledger: inout Ledger) throws -> JournalPosition {
    try unfold(&ledger)
    let position = JournalPosition(
      epoch: ledger.position.epoch, sequence: ledger.position.sequence.next)
    let bytes = try RecordCodec.encode(record)
    return append(record, bytes, at: position, &ledger)
  }

  /// As ``append(_:_:)``, with bytes that may be those of another version.
  func append(
    _ record: JournalRecord, _ bytes: [UInt8], at position: JournalPosition,
    _ ledger: inout Ledger
  ) -> JournalPosition {
    let previous = ledger.head
    let head = Chain.head(
      after: previous, record: bytes, terminal: terminal, position: position)
    ledger.records.append(Ledger.Stored(record: record, bytes: bytes, head: head))
    if case .sale(let sale) = record.body {
      ledger.unsettled = Fen(ledger.unsettled.value + sale.total.value)
    }
    ledger.position = position
    ledger.head = head
    appended.append(
      Appended(position: position, previous: previous, head: head, bytes: bytes, record: record))
    return position
  }

  /// Takes what was written since it was last asked.
  func takeAppended() -> [Appended] {
    guard !appended.isEmpty else { return [] }
    defer { appended.removeAll(keepingCapacity: true) }
    return appended
  }

  /// Writes a refusal, or counts it to those before it.
  func refuse(
    _ decline: DeclineRecord, at time: RecordTime, _ ledger: inout Ledger
  ) throws -> JournalPosition {
    if var folded = memory.folded, folded.first == decline,
      time.wallMilliseconds - folded.time.wallMilliseconds < Self.foldMilliseconds
    {
      folded.count += 1
      folded.last = time
      memory.folded = folded
      return folded.position
    }
    let position = try append(JournalRecord(time: time, body: .decline(decline)), &ledger)
    memory.folded = LedgerMemory.Folded(
      first: decline, position: position, time: time, last: time)
    return position
  }

  private static let foldMilliseconds: Int64 = 60_000

  /// Whether the next refusal like this one is only counted, so that nothing need be synced.
  func unfold(_ ledger: inout Ledger) throws {
    guard let folded = memory.folded else { return }
    memory.folded = nil
    guard folded.count > 0 else { return }
    try append(
      JournalRecord(
        time: folded.last,
        body: .decline(
          DeclineRecord(
            reason: folded.first.reason, account: folded.first.account, lane: folded.first.lane,
            medium: folded.first.medium, amount: folded.first.amount, count: folded.count))),
      &ledger)
  }

  /// Writes the record of refusals whose minute is over.
  func unfoldDeclines(now: ClockReading) throws {
    guard let folded = memory.folded else { return }
    let time = memory.clock.reading(now)
    guard time.wallMilliseconds - folded.time.wallMilliseconds >= Self.foldMilliseconds else {
      return
    }
    try write { ledger in try unfold(&ledger) }
  }

  /// Writes in a transaction of its own.
  ///
  /// - Returns: How it ended.
  @discardableResult
  func write(
    sectors: Int = 2, _ body: (inout Ledger) throws -> Void
  ) throws -> SimulatedDisk<Ledger>.End {
    guard !isStopped else { return .failed }
    let (_, end) = try disk.commit(sectors: sectors, body)
    if end != .durable { isStopped = true }
    return end
  }

  /// After an unclean end: the last record of each lane, when it is a sale, may never have been lit.
  private func findUnlit(
    _ ledger: Ledger, _ bootStart: JournalPosition, _ now: ClockReading
  ) {
    var seen: [LaneID] = []
    var corrected: [JournalPosition] = []
    var looked = 0
    for (offset, stored) in ledger.records.enumerated().reversed() {
      guard looked < Self.unlitSearch else { break }
      let position = JournalPosition(
        epoch: ledger.position.epoch,
        sequence: SequenceNumber(ledger.pruned.position.sequence.number + UInt64(offset) + 1))
      switch stored.record.body {
      case .holdReleased: continue
      case .epochOpened, .dayClosed, .keyRotated: looked += 1
      case .correction(let correction):
        looked += 1
        corrected.append(correction.original)
      case .decline(let decline):
        looked += 1
        seen.append(decline.lane)
      case .sale(let sale):
        looked += 1
        defer { seen.append(sale.lane) }
        let age =
          position > bootStart
          ? now.bootMilliseconds - stored.record.time.bootMilliseconds : 0
        guard !seen.contains(sale.lane), !corrected.contains(position),
          age < UnlitSales.windowMilliseconds
        else { continue }
        memory.unlit.add(
          EarlierSale(position: position, time: stored.record.time, sale: sale),
          bootMilliseconds: now.bootMilliseconds)
      }
    }
  }

  private static let unlitSearch = 64
}
