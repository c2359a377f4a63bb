import CanteenModel
import Foundation
import GRDB
import SyncProtocol

/// A place in the chain, and the head there.
struct ChainPlace: Hashable, Sendable {
  let position: JournalPosition
  let head: Digest32
}

/// What the state of a damaged ledger still says.
struct SavedState: Sendable {
  let position: JournalPosition
  let acknowledged: Acknowledged
  /// The epoch that the last ack offered; `nil` when there was none, or it was opened already.
  let offered: GrantedEpoch?
  let canteen: Int64
  let isOnlyTerminal: Bool
  let closedUpTo: JournalPosition
  let bootID: String
  let bootStart: JournalPosition
  let wasOpen: Bool
  let isRetired: Bool

  /// - Throws: ``JournalError/belongsToAnotherTerminal(_:)``; ``JournalError/damaged(_:)`` and what
  ///   SQLite says when it cannot be read.
  static func read(_ db: Database, _ terminal: TerminalID) throws -> SavedState {
    guard let row = try Row.fetchOne(db, sql: "SELECT * FROM terminal_state") else {
      throw JournalError.damaged("terminal_state is empty")
    }
    let owner = TerminalID(try row.value("terminal"))
    guard owner == terminal else { throw JournalError.belongsToAnotherTerminal(owner) }
    let position = try place(row, "epoch", "sequence")
    let next = Epoch(try row.value("next_epoch"))
    let token = try row.optionalHead("epoch_token")
    return SavedState(
      position: position,
      acknowledged: Acknowledged(
        position: try place(row, "acked_epoch", "acked_sequence"),
        head: try row.head("acked_head"), nonce: try row.optionalHead("nonce"),
        timeMilliseconds: try row.value("acked_time_ms"),
        nextSize: min(max(try row.value("next_size"), 0), WireLimit.recordsPerBatch)),
      offered: token.flatMap {
        next > position.epoch ? GrantedEpoch(epoch: next, token: $0) : nil
      },
      canteen: try row.value("canteen"),
      isOnlyTerminal: try row.value("is_only_terminal") as Int != 0,
      closedUpTo: try place(row, "closed_epoch", "closed_sequence"),
      bootID: try row.value("boot_id"), bootStart: try place(row, "boot_epoch", "boot_sequence"),
      wasOpen: try row.value("is_open") as Int != 0,
      isRetired: try row.value("is_retired") as Int != 0)
  }

  private static func place(
    _ row: Row, _ epoch: String, _ sequence: String
  ) throws -> JournalPosition {
    JournalPosition(
      epoch: Epoch(try row.value(epoch)), sequence: SequenceNumber(try row.value(sequence)))
  }
}

/// What can still be read of a ledger that does not open. Each part is read by itself: a damaged page
/// takes with it what is on it, and the records behind it.
struct DamagedLedger: Sendable {
  let terminal: TerminalID
  let state: SavedState?
  let pruned: PrunedEnd?
  /// Behind here the records link, as far as they can be read; `nil` when no such place is known.
  let start: ChainPlace?
  /// What the centre has: at or behind ``start``.
  let acknowledged: ChainPlace?
  /// Where the records are read instead, because it has more of them than the file.
  let mirror: MirrorFile?

  /// - Throws: ``JournalError/belongsToAnotherTerminal(_:)``.
  init(_ db: Database, _ configuration: Journal.Configuration) throws {
    terminal = configuration.terminal
    do {
      state = try SavedState.read(db, configuration.terminal)
    } catch let error as JournalError {
      if case .belongsToAnotherTerminal = error { throw error }
      state = nil
    } catch {
      state = nil
    }
    mirror = nil
    // try?: what cannot be read is not known.
    pruned = try? PrunedEnd.read(db)
    let reader = ChainReader(db: db, terminal: configuration.terminal)
    let keptMilliseconds = max(configuration.retentionMilliseconds, Self.countedMilliseconds)
    if let acked = reader.acknowledged(state, pruned) {
      acknowledged = acked
      start = reader.beginning(of: acked, pruned, within: keptMilliseconds)
    } else if let pruned, reader.hasRecord(behind: pruned.place) {
      // The centre has at least what was removed; what it has besides it knows by its id.
      (acknowledged, start) = (pruned.place, pruned.place)
    } else {
      (acknowledged, start) = (nil, nil)
    }
  }

  /// Without any file that could be read.
  init(unreadable terminal: TerminalID) {
    self.terminal = terminal
    (state, pruned, start, acknowledged, mirror) = (nil, nil, nil, nil, nil)
  }

  /// No limit counts what is older: the longest is a month.
  private static let countedMilliseconds: Int64 = 32 * 86_400_000

  /// Reads the records behind ``start`` in their order, as far as they link.
  ///
  /// - Parameter db: The file; `nil` when SQLite can do nothing with it.
  /// - Throws: What `visit` throws, but for ``WireError``, which ends the walk.
  func walk(
    _ db: Database?,
    _ visit: (_ position: JournalPosition, _ bytes: [UInt8]) throws -> Void
  ) throws {
    if let mirror {
      _ = try mirror.scan { place, bytes in try visit(place.position, bytes) }
      return
    }
    guard let db, let start else { return }
    var chain = ChainCheck(terminal: terminal, position: start.position, head: start.head)
    #if SEEDED_BUGS
      chain.believesEveryRow = SeededBug.planted == .unlinkedIsSalvaged
    #endif
    var failure: (any Error)?
    // try?: a gap, a record that does not link, a page that cannot be read, or simply the end.
    try? chain.walk(db, to: Self.beyond) { position, _, bytes in
      let visited = Result { try visit(position, bytes) }
      if case .failure(let error) = visited, !(error is WireError) { failure = error }
      try visited.get()
    }
    if let failure { throw failure }
  }

  /// No ledger goes so far.
  fileprivate static let beyond = JournalPosition(
    epoch: Epoch(.max), sequence: SequenceNumber(UInt64(Int64.max)))

  /// How many records behind the last ack can be read and link.
  func countUnsettled(_ db: Database?) -> Int {
    var count = 0
    // try?: the visit throws nothing.
    try? walk(db) { position, _ in
      if let acknowledged, position > acknowledged.position { count += 1 }
    }
    return count
  }
}

extension PrunedEnd {
  var place: ChainPlace { ChainPlace(position: position, head: head) }
}

/// Looks for places of the chain that the records around them confirm.
struct ChainReader {
  private struct Found {
    let position: JournalPosition
    let wallMilliseconds: Int64
    let bytes: [UInt8]
    let head: Digest32

    /// The place in the epoch before this one.
    var before: JournalPosition {
      JournalPosition(
        epoch: position.epoch, sequence: SequenceNumber(position.sequence.number &- 1))
    }

    init(_ row: Row) throws {
      position = try row.position()
      wallMilliseconds = try row.value(2)
      bytes = Array(try row.value(3) as Data)
      head = try row.head("head")
    }
  }

  let db: Database
  let terminal: TerminalID

  /// Whether the record behind a place can be read and follows the head there.
  func hasRecord(behind place: ChainPlace) -> Bool {
    var chain = ChainCheck(terminal: terminal, position: place.position, head: place.head)
    // try?: then it does not follow.
    return (try? chain.walk(db, to: DamagedLedger.beyond, limit: 1)) != nil
  }

  /// What the centre has, with the head that the records around it confirm. Where they are damaged too,
  /// what the state says, if that can be.
  func acknowledged(_ state: SavedState?, _ pruned: PrunedEnd?) -> ChainPlace? {
    guard let state else { return nil }
    let position = state.acknowledged.position
    let said = ChainPlace(position: position, head: state.acknowledged.head)
    // try?: then there is only what the state says.
    let stored = try? row(at: position).map { ChainPlace(position: position, head: $0.head) }
    let candidates = [said] + (stored.flatMap { $0 == said ? nil : [$0] } ?? [])
    if let found = candidates.first(where: { hasRecord(behind: $0) }) { return found }
    if let found = candidates.first(where: {
      linked(to: $0, pruned, within: .max, atMost: 1).count > 1
    }) {
      return found
    }
    return position <= state.position ? said : nil
  }

  private func row(at position: JournalPosition) throws -> Found? {
    try Row.fetchOne(
      db,
      sql:
        "SELECT epoch, sequence, wall_ms, bytes, head FROM record WHERE epoch = ? AND sequence = ?",
      arguments: [position.epoch.number, Int64(position.sequence.number)]
    ).map { try Found($0) }
  }

  /// Goes back from a place as long as the records link and limits may count them.
  ///
  /// What can be read backwards may not be found forwards: a page of the tree that leads there may be
  /// damaged. So the place is one from which the walk arrives.
  ///
  /// - Returns: The earliest place behind which everything links; the place itself when the record
  ///   there does not.
  func beginning(
    of end: ChainPlace, _ pruned: PrunedEnd?, within milliseconds: Int64
  ) -> ChainPlace {
    let places = linked(to: end, pruned, within: milliseconds)
    return Self.last(of: places) { arrives(at: end, from: $0) }
  }

  /// The last element for which something holds, where it holds for the first, and for none behind one for
  /// which it does not. The last is tried first, then halves.
  static func last<Element>(of elements: [Element], where holds: (Element) -> Bool) -> Element {
    var (near, far) = (0, elements.count - 1)
    var middle = far
    while near < far {
      if holds(elements[middle]) { near = middle } else { far = middle - 1 }
      middle = far - (far - near) / 2
    }
    return elements[near]
  }

  /// Whether reading forwards from a place leads to another.
  private func arrives(at end: ChainPlace, from start: ChainPlace) -> Bool {
    var chain = ChainCheck(terminal: terminal, position: start.position, head: start.head)
    // try?: then it does not.
    return (try? chain.walk(db, to: end.position)) != nil && chain.head == end.head
  }

  /// The places before a place, as far as the records link; newest first, beginning with the place.
  private func linked(
    to end: ChainPlace, _ pruned: PrunedEnd?, within milliseconds: Int64, atMost limit: Int = .max
  ) -> [ChainPlace] {
    var places = [end]
    var after: Found?
    do {
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT epoch, sequence, wall_ms, bytes, head FROM record
          WHERE (epoch, sequence) <= (?, ?) ORDER BY epoch DESC, sequence DESC
          """,
        arguments: [end.position.epoch.number, Int64(end.position.sequence.number)])
      var newest: Int64?
      while places.count <= limit, let row = try rows.next() {
        let found = try Found(row)
        if let record = after {
          guard let before = place(before: record, found) else { return places }
          places.append(before)
        } else {
          guard found.position == end.position, found.head == end.head else { return places }
        }
        after = found
        let latest = newest ?? found.wallMilliseconds
        newest = latest
        guard
          latest.subtractingReportingOverflow(found.wallMilliseconds).partialValue < milliseconds
        else { return places }
      }
    } catch {
      // A page that cannot be read: what was found stands.
      return places
    }
    guard let after else { return places }
    if let pruned, pruned.position == after.before, follows(after, pruned.head) {
      places.append(pruned.place)
    } else if let first = place(before: after, nil) {
      places.append(first)
    }
    return places
  }

  /// The place before a record, when the record follows the head there.
  private func place(before record: Found, _ found: Found?) -> ChainPlace? {
    guard (found?.wallMilliseconds ?? .min) < record.wallMilliseconds else { return nil }
    if record.position.sequence == SequenceNumber(1) {
      return follows(record, .zero) ? ChainPlace(position: record.before, head: .zero) : nil
    }
    guard let found, found.position == record.before, follows(record, found.head) else {
      return nil
    }
    return ChainPlace(position: found.position, head: found.head)
  }

  private func follows(_ record: Found, _ head: Digest32) -> Bool {
    record.head
      == Chain.head(
        after: head, record: record.bytes, terminal: terminal, position: record.position)
  }
}
