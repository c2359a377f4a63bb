package import CanteenModel
import Foundation
import GRDB
import Glibc
import SyncProtocol
import TerminalCore

/// An epoch that the centre granted to a terminal whose ledger was lost, and the token that opens it
/// there, once.
package struct GrantedEpoch: Hashable, Sendable {
  /// 2 or more.
  package let epoch: Epoch
  package let token: Digest32

  package init(epoch: Epoch, token: Digest32) {
    self.epoch = epoch
    self.token = token
  }
}

extension Journal {
  /// Creates the ledger of a terminal that lost the one it had, or whose ledger is damaged, in an epoch
  /// that the centre granted, and closes it.
  ///
  /// What a lost ledger had not handed in is gone, unless its mirror has it; of a damaged one what links
  /// is kept.
  ///
  /// - Returns: What was saved from a damaged ledger; `nil` when there was none.
  /// - Throws: ``JournalError/alreadyThere(path:)`` when there is a ledger that is whole: it is kept,
  ///   whatever is in it; and what opening throws.
  @discardableResult
  package static func begin(
    _ granted: GrantedEpoch, _ configuration: Configuration
  ) throws(JournalError) -> Salvage? {
    let files = LedgerFiles(path: configuration.path)
    try files.finish()
    do throws(JournalError) {
      do throws(JournalError) {
        try Journal(configuration, beginning: granted).close()
        return nil
      } catch .alreadyThere {
        // Whole, or damaged further on?
        try Journal(configuration).close()
        guard files.isSuspect else { throw .alreadyThere(path: configuration.path) }
        throw .damaged(foundInUse)
      }
    } catch .damaged(let finding) {
      return try salvage(configuration, finding, in: granted)
    }
  }

  /// Beside the ledger: says that there was one. Without it a new ledger would begin at epoch 1 again,
  /// and the centre would take what it sells for a fork of what was sold before.
  static func begunPath(of configuration: Configuration) -> String {
    configuration.path + begunMark
  }

  private static let begunMark = ".begun"

  /// Whether there is a ledger at a path, or was one.
  package static func hasBegun(_ path: String) -> Bool {
    [path, path + begunMark].contains { FileManager.default.fileExists(atPath: $0) }
  }

  /// Writes the first record of a new ledger.
  ///
  /// - Throws: ``JournalError/lost(path:)`` when there was a ledger and no epoch was granted;
  ///   ``JournalError/damaged(_:)`` when there are records, here or in the mirror: what said whose they
  ///   are is gone.
  static func begin(
    _ db: Database, _ configuration: Configuration, _ granted: GrantedEpoch?, _ mirror: Mirror?
  ) throws {
    // try?: a medium that cannot be read is of no help.
    if let scan = try? mirror?.file.scan(), scan.end != scan.beginning {
      throw JournalError.damaged("it is gone, and its mirror is there")
    }
    guard try Row.fetchOne(db, sql: "SELECT 1 FROM record LIMIT 1") == nil else {
      throw JournalError.damaged("terminal_state is empty")
    }
    let begun = begunPath(of: configuration)
    guard granted != nil || !FileManager.default.fileExists(atPath: begun) else {
      throw JournalError.lost(path: configuration.path)
    }
    var clock = RecordClock(
      lastRecord: nil, isSameBoot: false,
      floorMilliseconds: configuration.clockFloorMilliseconds)
    let record = JournalRecord(
      time: clock.stamp(configuration.readClock()),
      body: .epochOpened(EpochOpened(previous: nil, previousHead: .zero)))
    let position = JournalPosition(
      epoch: granted?.epoch ?? Epoch(1), sequence: SequenceNumber(1))
    let bytes = try RecordCodec.encode(record)
    let head = Chain.head(
      after: .zero, record: bytes, terminal: configuration.terminal, position: position)
    try db.inTransaction(.immediate) {
      try db.execute(
        sql: """
          INSERT INTO terminal_state (id, terminal, epoch, sequence, head, acked_epoch,
            acked_sequence, acked_head, next_size, opening_token)
          VALUES (1, ?, ?, 1, ?, ?, 0, ?, ?, ?)
          """,
        arguments: [
          configuration.terminal.number, position.epoch.number, head.blob, position.epoch.number,
          Digest32.zero.blob, WireLimit.recordsPerBatch, granted?.token.blob,
        ])
      try RecordRow.insert(bytes, record.time, head, at: position, db)
      return .commit
    }
  }

  /// Notes beside the ledger that there is one: an empty file that is there after a power cut too.
  static func markBegun(_ configuration: Configuration) throws {
    let path = begunPath(of: configuration)
    guard !FileManager.default.fileExists(atPath: path) else { return }
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("cannot create \(path)") }
    defer { Glibc.close(descriptor) }
    let folder = unsafe open(LedgerFiles.folder(of: path), O_RDONLY | O_DIRECTORY)
    guard folder >= 0 else { throw failure("cannot open the folder of \(path)") }
    defer { Glibc.close(folder) }
    guard fsync(descriptor) == 0, fsync(folder) == 0 else { throw failure("cannot sync \(path)") }
  }

  private static func failure(_ what: String) -> JournalError {
    .unusable(code: errno, "\(what): \(unsafe String(cString: strerror(errno)))")
  }
}
