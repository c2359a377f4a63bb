package import CanteenModel
import Foundation
import GRDB
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
    package let path: String
    package let terminal: TerminalID
    /// Signs the batches.
    package let key: SigningKey
    /// No honest wall clock is behind this; Unix time in milliseconds.
    package let clockFloorMilliseconds: Int64
    /// Reads the clocks of the machine.
    package let readClock: @Sendable () -> ClockReading

    package init(
      path: String, terminal: TerminalID, key: SigningKey, clockFloorMilliseconds: Int64,
      readClock: @escaping @Sendable () -> ClockReading
    ) {
      self.path = path
      self.terminal = terminal
      self.key = key
      self.clockFloorMilliseconds = clockFloorMilliseconds
      self.readClock = readClock
    }
  }

  /// China keeps one time, eight hours ahead of UTC; the rulebook says so as soon as there is one.
  static let defaultUTCOffsetMinutes = 480

  let configuration: Configuration
  let connection: DatabaseQueue
  /// Written on the connection's queue only, after a commit; read from anywhere.
  let state: Mutex<LedgerState>
  let waitingRoom: Mutex<WaitingRoom>

  /// Opens the ledger, creates it when it is missing, and checks what the next sale builds on: the
  /// state, the last record and the chain of everything that the centre does not have yet.
  ///
  /// - Throws: ``JournalError/unusable(code:_:)``, ``JournalError/damaged(_:)``,
  ///   ``JournalError/belongsToAnotherTerminal(_:)``, ``JournalError/fromNewerVersion(schema:)``.
  package init(_ configuration: Configuration) throws(JournalError) {
    self.configuration = configuration
    do {
      connection = try LedgerConnection.open(path: configuration.path)
      let opened = try connection.inDatabase { db in try Self.recover(db, configuration) }
      state = Mutex(opened)
      waitingRoom = Mutex(WaitingRoom())
    } catch {
      throw JournalError(error)
    }
  }

  /// Takes no more requests, moves the write-ahead log into the file and closes it.
  package func close() throws(JournalError) {
    waitingRoom.withLock { $0.isStopped = true }
    do {
      try connection.inDatabase { db in _ = try db.checkpoint(.truncate) }
      try connection.close()
    } catch {
      throw JournalError(error)
    }
  }

  /// Migrates, creates the first epoch when there is none, and checks the end of the chain.
  private static func recover(_ db: Database, _ configuration: Configuration) throws -> LedgerState
  {
    try Schema.migrate(db)
    if try Bool.fetchOne(db, sql: "SELECT NOT EXISTS (SELECT 1 FROM terminal_state)") == true {
      try openFirstEpoch(db, configuration)
    }
    let (state, terminal) = try LedgerState.read(
      db, floorMilliseconds: configuration.clockFloorMilliseconds,
      utcOffsetMinutes: defaultUTCOffsetMinutes)
    guard terminal == configuration.terminal else {
      throw JournalError.belongsToAnotherTerminal(terminal)
    }
    var chain = ChainCheck(
      terminal: terminal, position: state.acknowledged.position, head: state.acknowledged.head)
    try chain.walk(db, to: state.position)
    guard chain.head == state.head else {
      throw JournalError.damaged(
        "the state's head is not that of record \(state.position.sequence)")
    }
    return state
  }

  private static func openFirstEpoch(_ db: Database, _ configuration: Configuration) throws {
    var clock = RecordClock(
      lastWallMilliseconds: 0, floorMilliseconds: configuration.clockFloorMilliseconds)
    let record = JournalRecord(
      time: clock.stamp(configuration.readClock()),
      body: .epochOpened(EpochOpened(previous: nil, previousHead: .zero)))
    let position = JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(1))
    let bytes = try RecordCodec.encode(record)
    let head = Chain.head(
      after: .zero, record: bytes, terminal: configuration.terminal, position: position)
    try db.inTransaction(.immediate) {
      try db.execute(
        sql: """
          INSERT INTO terminal_state
            (id, terminal, epoch, sequence, head, acked_epoch, acked_sequence, acked_head, next_size)
          VALUES (1, ?, 1, 1, ?, 1, 0, ?, ?)
          """,
        arguments: [
          configuration.terminal.number, head.blob, Digest32.zero.blob, WireLimit.recordsPerBatch,
        ])
      try db.execute(
        sql: "INSERT INTO record (epoch, sequence, wall_ms, bytes, head) VALUES (1, 1, ?, ?, ?)",
        arguments: [record.time.wallMilliseconds, Data(bytes), head.blob])
      return .commit
    }
  }
}

extension JournalError {
  /// Converts what GRDB and the wire threw, with the original code kept.
  init(_ error: any Error) {
    switch error {
    case let error as JournalError: self = error
    case let error as DatabaseError:
      self = .unusable(
        code: error.extendedResultCode.rawValue, error.message ?? "SQLite gave no message")
    case let error as WireError: self = .damaged("\(error)")
    default: self = .requestFailed("\(error)")
    }
  }
}

extension Journal {
  /// Whose journal this is.
  package var terminal: TerminalID { configuration.terminal }

  /// Whether a commit failed or the journal was closed.
  package var isStopped: Bool { waitingRoom.withLock { $0.isStopped } }

  /// Whether there are records that the centre does not have.
  package var hasBacklog: Bool {
    state.withLock { $0.acknowledged.position < $0.position }
  }

  /// How many records the centre takes next, by the last ack.
  package var nextBatchSize: Int { state.withLock { $0.acknowledged.nextSize } }
}
