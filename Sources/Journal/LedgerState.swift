package import CanteenModel
import Foundation
import GRDB
import SyncProtocol
import TerminalCore

/// Where the ledger stands after its last commit. The truth is on disk; this is its copy in memory.
struct LedgerState: Sendable {
  /// The last record.
  var position: JournalPosition
  var head: Digest32
  var clock: RecordClock
  var acknowledged: Acknowledged
  /// What opened the epoch of ``position``; `nil` in the first one.
  var openingToken: Digest32?
  var feedCursor: Int64
  /// The one in force; `nil` until the centre fed one: nothing is sold before.
  var rulebook: Rulebook?
  /// Newer ones, in order of version, which come into force on a later day.
  var comingRulebooks: [Rulebook]
  /// `nil` until the centre said so.
  var place: TerminalPlace?
  var today: DayTally
  /// Refusals that the next record may stand for; `nil` when the last record is none.
  var folded: FoldedDeclines?
  /// The last record before the machine was booted: later ones have this boot's clock.
  var bootStart: JournalPosition
  var unlit = UnlitSales()
  /// What was sold and is not acknowledged, in fen, and the record time of the oldest record of it.
  var unsettledTotal: Fen
  var unsettledSince: Int64?
  /// The last record that a closed day counts: the close itself; sequence 0 when there is none.
  var closedUpTo: JournalPosition
  /// Up to where nothing is kept any more.
  var pruned: PrunedEnd
  /// When the last card was presented in this run, by the boot clock.
  var presentedAtBoot: Int64?
  /// How many amounts the centre was asked to set aside that are neither used up nor given back.
  var openHolds: Int
  /// Whether the ledger was left without being closed, by a crash or a power cut.
  var wasOpen: Bool
  /// What it was begun with, when the ledger before it was damaged.
  var salvage: Salvage?
  /// Whether the last ack said that the terminal is retired: it approves nothing more.
  var isRetired: Bool
  /// The newest rotation of the key; `nil` when there was none.
  var rotation: LastRotation?
  /// What other terminals of the canteen were asked for, and what orders the answers.
  var statements: OwnStatements
}

/// What the centre has, by the last ack that is on disk.
package struct Acknowledged: Hashable, Sendable {
  package var position: JournalPosition
  package var head: Digest32
  /// To be echoed in the next batch; `nil` before the first ack.
  package var nonce: Digest32?
  /// The centre's Unix time of that ack in milliseconds; 0 before the first.
  package var timeMilliseconds: Int64
  /// How many records the next batch may carry.
  package var nextSize: Int
}

extension LedgerState {
  /// Puts a rulebook into force whose day has come; the newest of them.
  mutating func enforceRulebook(at wallMilliseconds: Int64) {
    let due = comingRulebooks.lastIndex {
      $0.localDay(of: wallMilliseconds) >= $0.effectiveFromDay
    }
    guard let due else { return }
    rulebook = comingRulebooks[due]
    comingRulebooks.removeSubrange(...due)
  }

  /// What waits for the centre. Records of an older epoch than the last one count as one, unless they
  /// were salvaged.
  var backlog: Backlog {
    let acked = acknowledged.position
    guard acked < position else { return .none }
    let count =
      if acked.epoch == position.epoch {
        position.sequence.number - acked.sequence.number
      } else if let end = salvage?.end, acked <= end, acked.epoch == end.epoch {
        position.sequence.number + end.sequence.number - acked.sequence.number
      } else {
        position.sequence.number + 1
      }
    return Backlog(
      total: unsettledTotal, records: Int(count), sinceWallMilliseconds: unsettledSince)
  }

  /// How many rulebooks may wait for their day; for one more the first is given up.
  static let comingLimit = 16

  var newestRulebookVersion: Int64 {
    comingRulebooks.last?.version ?? rulebook?.version ?? 0
  }

  /// Whether a page says nothing new, so that nothing need be written for it.
  func hasAlready(_ page: FeedPage) -> Bool {
    page.fromCursor == feedCursor && page.toCursor == feedCursor && page.accounts.isEmpty
      && page.items.isEmpty && page.rulebook == nil && (page.place ?? place) == place
  }

  /// What a sale at a moment is counted for. Without a rulebook nothing is.
  func slot(at wallMilliseconds: Int64) -> MealKey {
    rulebook?.slot(at: wallMilliseconds) ?? MealKey(day: 0, period: 0)
  }

  func localDay(of wallMilliseconds: Int64) -> Int32 {
    rulebook?.localDay(of: wallMilliseconds) ?? 0
  }

  /// Reads the state at opening; the caller has checked that there is one.
  static func read(_ db: Database, _ configuration: Journal.Configuration) throws
    -> (state: LedgerState, terminal: TerminalID)
  {
    guard let row = try Row.fetchOne(db, sql: "SELECT * FROM terminal_state") else {
      throw JournalError.damaged("terminal_state is empty")
    }
    let position = JournalPosition(
      epoch: Epoch(try row.value("epoch")), sequence: SequenceNumber(try row.value("sequence")))
    let isSameBoot = try row.value("boot_id") as String == configuration.bootID
    let bootStart =
      isSameBoot
      ? JournalPosition(
        epoch: Epoch(try row.value("boot_epoch")),
        sequence: SequenceNumber(try row.value("boot_sequence")))
      : position
    let last = try record(at: position, db)
    let rulebooks = try Data.fetchAll(db, sql: "SELECT bytes FROM rulebook ORDER BY version")
      .map { try RulebookCodec.decode(Array($0)) }
    let canteen: UInt32 = try row.value("canteen")
    let acknowledged = Acknowledged(
      position: JournalPosition(
        epoch: Epoch(try row.value("acked_epoch")),
        sequence: SequenceNumber(try row.value("acked_sequence"))),
      head: try row.head("acked_head"), nonce: try row.optionalHead("nonce"),
      timeMilliseconds: try row.value("acked_time_ms"), nextSize: try row.value("next_size"))
    var state = LedgerState(
      position: position, head: try row.head("head"),
      clock: RecordClock(
        lastRecord: last?.time, isSameBoot: position > bootStart,
        floorMilliseconds: configuration.clockFloorMilliseconds),
      acknowledged: acknowledged, openingToken: try row.optionalHead("opening_token"),
      feedCursor: try row.value("feed_cursor"), rulebook: nil, comingRulebooks: rulebooks,
      place: canteen == 0
        ? nil
        : TerminalPlace(
          canteen: CanteenID(canteen),
          isOnlyTerminal: try row.value("is_only_terminal") as Int != 0,
          peers: try PeerRows.roster(db)),
      today: try DayTally.read(
        db, utcOffsetMinutes: rulebooks.first?.utcOffsetMinutes ?? Journal.defaultUTCOffsetMinutes,
        lastWall: last?.time.wallMilliseconds ?? 0),
      bootStart: bootStart, unsettledTotal: Fen(try row.value("unsettled_fen")),
      unsettledSince: try oldestRecord(behind: acknowledged.position, db),
      closedUpTo: JournalPosition(
        epoch: Epoch(try row.value("closed_epoch")),
        sequence: SequenceNumber(try row.value("closed_sequence"))),
      pruned: try PrunedEnd.read(db),
      openHolds: try HoldRows.count(db),
      wasOpen: try row.value("is_open") as Int != 0,
      isRetired: try row.value("is_retired") as Int != 0,
      statements: OwnStatements(
        run: try row.value("runs"), knowsOthers: try PeerRows.areThere(db)))
    state.salvage = try Salvage.read(db)
    state.rotation = try RotationRows.last(db)
    state.enforceRulebook(at: state.clock.lastWallMilliseconds)
    return (state, TerminalID(try row.value("terminal")))
  }

  /// The record time of the oldest record behind a place; `nil` when there is none.
  static func oldestRecord(behind position: JournalPosition, _ db: Database) throws -> Int64? {
    try Int64.fetchOne(
      db,
      sql: """
        SELECT wall_ms FROM record WHERE (epoch, sequence) > (?, ?) ORDER BY epoch, sequence LIMIT 1
        """, arguments: [position.epoch.number, Int64(position.sequence.number)])
  }

  /// The record at a place; `nil` when its bytes cannot be read.
  private static func record(at position: JournalPosition, _ db: Database) throws -> JournalRecord?
  {
    let bytes = try Data.fetchOne(
      db, sql: "SELECT bytes FROM record WHERE epoch = ? AND sequence = ?",
      arguments: [position.epoch.number, Int64(position.sequence.number)])
    // try?: the chain is checked after this, and names the place.
    return bytes.flatMap { try? RecordCodec.decode(Array($0)) }
  }

  /// How far back the last record of a lane is looked for: more than commit in one group.
  private static let unlitSearch = 64

  /// After an unclean end: the last record of each lane, when it is a sale, may never have been lit.
  ///
  /// A lane shows a decision before it asks for the next, so no older record of it can be unlit. What the
  /// operator keys passes the lane by, and hides none of its sales. Within
  /// a boot, a sale long before the opening was lit too: a light is not tried that long.
  static func unlitSales(_ db: Database, bootStart: JournalPosition, now: ClockReading) throws
    -> UnlitSales
  {
    var unlit = UnlitSales()
    var seen: [UnlitSource] = []
    var corrected: [JournalPosition] = []
    var looked = 0
    let rows = try Row.fetchCursor(
      db, sql: "SELECT epoch, sequence, bytes FROM record ORDER BY epoch DESC, sequence DESC")
    while looked < unlitSearch, let row = try rows.next() {
      // A record that cannot be read must not keep the terminal from opening; verification names it.
      guard let record = try? RecordCodec.decode(Array(try row.value("bytes") as Data)) else {
        looked += 1
        continue
      }
      let position = try row.position()
      // What no lane made hides nothing: a day's leases may be given back at once.
      if case .holdReleased = record.body { continue }
      looked += 1
      switch record.body {
      case .epochOpened, .dayClosed, .holdReleased, .keyRotated: continue
      case .correction(let correction):
        if correction.elsewhere == nil { corrected.append(correction.original) }
      case .decline(let decline): seen.append(UnlitSource(decline.lane, decline.medium))
      case .sale(let sale):
        let source = UnlitSource(sale.lane, sale.medium)
        defer { seen.append(source) }
        let isOfThisBoot = position > bootStart
        let age = isOfThisBoot ? now.bootMilliseconds - record.time.bootMilliseconds : 0
        guard !seen.contains(source), !corrected.contains(position),
          age < UnlitSales.windowMilliseconds
        else { continue }
        unlit.add(
          EarlierSale(position: position, time: record.time, sale: sale),
          bootMilliseconds: now.bootMilliseconds)
      }
    }
    return unlit
  }
}

/// Who shows one decision before the next is asked for: a lane's readers, or the operator beside them.
private struct UnlitSource: Equatable {
  private let lane: LaneID
  private let isKeyed: Bool

  init(_ lane: LaneID, _ medium: Medium) {
    self.lane = lane
    isKeyed = medium == .keyed
  }
}
