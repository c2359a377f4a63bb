package import CanteenModel
import Foundation
import GRDB
import LedgerDisk
package import SyncProtocol
import Synchronization
import TerminalCore

/// The terminal's ledger: it decides, and what it decided is on disk.
///
/// One process, one connection. Everything that touches the file runs on the connection's own serial
/// queue, so that an fsync never blocks a thread of the shared pool.
package final class Journal: Sendable {
  /// Where the journal is and whose it is.
  package struct Configuration: Sendable {
    /// 30 days, in milliseconds.
    package static let standardRetention: Int64 = 30 * 86_400_000

    package let path: String
    package let terminal: TerminalID
    /// Signs the batches.
    package let key: SigningKey
    /// The key that a rotation names and that was not yet put in the place of ``key``; `nil` without one.
    package let nextKey: SigningKey?
    /// Names this boot of the machine: the boot clock of two records compares only within one.
    package let bootID: String
    /// No honest wall clock is behind this; Unix time in milliseconds.
    package let clockFloorMilliseconds: Int64
    /// How long records stay that nothing needs any more.
    package let retentionMilliseconds: Int64
    /// How many fed rows are written in one transaction: 1 or more. Fifty accounts take two
    /// milliseconds.
    package let fedRowsAtOnce: Int
    /// The file on a second medium that every record is copied to; `nil` for none.
    package let mirrorPath: String?
    /// What must be free on the disk for selling; `nil` looks at nothing.
    package let storeLimits: StoreLimits?
    /// Reads the clocks of the machine.
    package let readClock: @Sendable () -> ClockReading

    package init(
      path: String, terminal: TerminalID, key: SigningKey, nextKey: SigningKey? = nil,
      bootID: String,
      clockFloorMilliseconds: Int64, retentionMilliseconds: Int64 = standardRetention,
      fedRowsAtOnce: Int = 50, mirrorPath: String? = nil, storeLimits: StoreLimits? = nil,
      readClock: @escaping @Sendable () -> ClockReading
    ) {
      self.path = path
      self.terminal = terminal
      self.key = key
      self.nextKey = nextKey
      self.bootID = bootID
      self.clockFloorMilliseconds = clockFloorMilliseconds
      self.retentionMilliseconds = retentionMilliseconds
      self.fedRowsAtOnce = fedRowsAtOnce
      self.mirrorPath = mirrorPath
      self.storeLimits = storeLimits
      self.readClock = readClock
    }
  }

  /// China keeps one time, eight hours ahead of UTC; the rulebook says so as soon as there is one.
  static let defaultUTCOffsetMinutes = 480

  let configuration: Configuration
  let connection: DatabaseQueue
  /// For tasks that decide again and again.
  package let executor = LedgerExecutor()
  /// Written on the connection's queue only, after a commit; read from anywhere.
  let state: Mutex<LedgerState>
  let waitingRoom: Mutex<WaitingRoom>
  let keys: Mutex<RecordKeys>
  /// Heads of other terminals that the newest batch carried, until its ack is on disk.
  let handedIn = Mutex<[WitnessedPlace]>([])
  /// How many verifications run; nothing is pruned under them.
  let verifications = Mutex(0)
  /// `nil` where the configuration has no limits.
  let room: GuardedRoom?
  /// `nil` where the configuration names none.
  let mirror: Mirror?
  /// Says that something was committed, once for all commits since it was last heard; for one consumer.
  /// It ends when the journal is closed.
  package let changes: AsyncStream<Void>
  let changed: AsyncStream<Void>.Continuation
  /// Says once that a commit failed, so that the daemon ends whoever asked for the commit; for one
  /// consumer. It ends when the journal is closed.
  package let failure: AsyncStream<JournalError>
  let failures: AsyncStream<JournalError>.Continuation
  #if SEEDED_BUGS
    let seeded = SeededBugs()
  #endif

  /// Opens the ledger, creates it on a terminal that never had one, and checks what the next sale
  /// builds on: the state, the last record and the chain of everything that the centre does not have.
  ///
  /// A log is first written again where it stands and synced, whatever the ledger says of its end: an
  /// fsync that failed then, even the one of the closing, may have left pages that only the kernel still
  /// has. Only then everything that it says is written into the file.
  ///
  /// - Throws: ``JournalError/unusable(code:_:)``, ``JournalError/damaged(_:)``,
  ///   ``JournalError/lost(path:)``, ``JournalError/belongsToAnotherTerminal(_:)``,
  ///   ``JournalError/otherKey(_:)``, ``JournalError/fromNewerVersion(schema:)``.
  package convenience init(_ configuration: Configuration) throws(JournalError) {
    try self.init(configuration, beginning: nil)
  }

  /// - Parameter beginning: The granted epoch of a ledger that must not be there yet.
  init(_ configuration: Configuration, beginning: GrantedEpoch?) throws(JournalError) {
    self.configuration = configuration
    (failure, failures) = AsyncStream.makeStream()
    (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    mirror = configuration.mirrorPath.map { path in
      Mirror(
        MirrorFile(path: path, terminal: configuration.terminal, key: configuration.key),
        besides: configuration.path)
    }
    room = configuration.storeLimits.map { GuardedRoom($0) }
    // On a full disk the ballast makes room for what opening writes.
    room?.look(besides: configuration.path, mayMake: false)
    do {
      try Self.makeLogDurable(configuration)
      connection = try LedgerConnection.open(path: configuration.path, on: executor.queue)
      let opened = try connection.inDatabase { [mirror] db in
        try Self.recover(db, configuration, beginning, mirror)
      }
      keys = Mutex(try RecordKeys(configuration, opened.rotation))
      state = Mutex(opened)
      waitingRoom = Mutex(WaitingRoom())
      #if SEEDED_BUGS
        try seeded.join(configuration.path)
      #endif
    } catch {
      throw JournalError(error)
    }
    try releaseUnanswered()
    executor.onWanted { [weak self] in self?.makeWay() }
  }

  private static func makeLogDurable(_ configuration: Configuration) throws {
    #if SEEDED_BUGS
      if SeededBug.planted == .logNotWrittenAgain { return }
    #endif
    try LogRewrite.run(database: configuration.path)
  }

  /// Takes no more requests, moves the write-ahead log into the file and closes it.
  ///
  /// A ledger whose every sale was shown is marked as closed; otherwise, and after a failure, the next
  /// opening reckons with sales that were not.
  package func close() throws(JournalError) {
    if state.withLock({ $0.folded?.record != nil }) {
      // try?: a disk that fails stops the journal, and forgets only how often somebody was refused.
      try? connection.inDatabase { db in try writeNow(db, { try self.unfold(&$1, $0) }).get() }
    }
    let hasFailed = waitingRoom.withLock { room in
      room.isStopped = true
      return room.failure != nil
    }
    failures.finish()
    changed.finish()
    #if SEEDED_BUGS
      seeded.leave()
    #endif
    let now = configuration.readClock().bootMilliseconds
    let isShown =
      state.withLock { state in
        state.unlit.expire(bootMilliseconds: now)
        return state.unlit.isEmpty
      } && !hasFailed
    do {
      let written = Result {
        try connection.inDatabase { db in
          if isShown { try db.execute(sql: "UPDATE terminal_state SET is_open = 0") }
          if !hasFailed { _ = try db.checkpoint(.truncate) }
        }
      }
      // Also when the disk failed: an open file would keep the next opening out.
      try connection.close()
      try written.get()
    } catch {
      throw JournalError(error)
    }
  }

  /// Migrates, creates the first epoch when there is none, checks the end of the chain, and takes back
  /// what only the mirror has.
  private static func recover(
    _ db: Database, _ configuration: Configuration, _ beginning: GrantedEpoch?, _ mirror: Mirror?
  ) throws -> LedgerState {
    _ = try db.checkpoint(.truncate)
    try Schema.migrate(db)
    guard try Schema.definitions(db) == Schema.definitions() else {
      throw JournalError.damaged("table definitions are not those of this version")
    }
    if try Bool.fetchOne(db, sql: "SELECT NOT EXISTS (SELECT 1 FROM terminal_state)") == true {
      try Self.begin(db, configuration, beginning, mirror)
    } else if beginning != nil {
      throw JournalError.alreadyThere(path: configuration.path)
    }
    try Self.markBegun(configuration)
    var (state, terminal) = try LedgerState.read(db, configuration)
    guard terminal == configuration.terminal else {
      throw JournalError.belongsToAnotherTerminal(terminal)
    }
    guard state.pruned.position <= state.acknowledged.position else {
      throw JournalError.damaged("records were removed that the centre does not have")
    }
    var chain = ChainCheck(
      terminal: terminal, position: state.acknowledged.position, head: state.acknowledged.head)
    try chain.walk(db, to: state.position)
    guard chain.head == state.head else {
      throw JournalError.damaged(
        "the state's head is not that of record \(state.position.sequence)")
    }
    // A disk that lied at a checkpoint may hold records and an older state: nothing could be added.
    guard try LedgerState.oldestRecord(behind: state.position, db) == nil else {
      throw JournalError.damaged(
        "there are records behind the one that the state names, \(state.position.sequence)")
    }
    if let mirror, try takeBack(from: mirror, state, configuration, db) {
      state = try LedgerState.read(db, configuration).state
    }
    if state.wasOpen {
      state.unlit = try LedgerState.unlitSales(
        db, bootStart: state.bootStart, now: configuration.readClock())
    }
    try db.execute(
      sql: """
        UPDATE terminal_state SET boot_id = ?, boot_epoch = ?, boot_sequence = ?, is_open = 1,
          runs = runs + 1
        """,
      arguments: [
        configuration.bootID, state.bootStart.epoch.number,
        Int64(state.bootStart.sequence.number),
      ])
    state.statements.run += 1
    return state
  }
}

extension JournalError {
  /// Converts what GRDB and the wire threw, with the original code kept.
  init(_ error: any Error) {
    switch error {
    case let error as JournalError: self = error
    case let error as DatabaseError where error.saysDamage:
      self = .damaged(error.message ?? "SQLite gave no message")
    case let error as DatabaseError:
      self = .unusable(
        code: error.extendedResultCode.rawValue, error.message ?? "SQLite gave no message")
    case let error as WireError: self = .damaged("\(error)")
    // The schema allows no such value.
    case let error as RowDecodingError: self = .damaged("\(error)")
    case let error as DiskError:
      self = .unusable(
        code: error.code,
        error.isInUse ? "another process has it open" : "its log could not be written again")
    default: self = .requestFailed("\(error)")
    }
  }
}

extension Journal {
  /// Whose journal this is.
  package var terminal: TerminalID { configuration.terminal }

  /// Where the terminal stands, and the others of its canteen; `nil` until the centre said so.
  package var place: TerminalPlace? { state.withLock { $0.place } }

  /// The nonce of the last stored ack; `nil` before the first.
  package var storedNonce: Digest32? { state.withLock { $0.acknowledged.nonce } }

  /// Whether a commit failed or the journal was closed.
  package var isStopped: Bool { waitingRoom.withLock { $0.isStopped } }

  /// Whether a commit failed, so that nobody knows what is on disk.
  package var hasFailed: Bool { waitingRoom.withLock { $0.failure != nil } }

  /// Whether there are records that the centre does not have.
  package var hasBacklog: Bool {
    state.withLock { $0.acknowledged.position < $0.position }
  }

  /// How many presentations wait for the next group.
  package var waitingRequests: Int { waitingRoom.withLock { $0.waiting.count } }

  /// How many records the centre takes next, by the last ack.
  package var nextBatchSize: Int { state.withLock { $0.acknowledged.nextSize } }
}
