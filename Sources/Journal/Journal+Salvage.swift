import CanteenModel
import Foundation
import GRDB
import LedgerDisk
import SyncProtocol

extension Journal {
  /// Opens the ledger. One that is damaged, or was found damaged while it was used, is put aside, what can
  /// be read of it and links goes into a new one, and that begins the epoch that the centre's last ack
  /// offered. Where the mirror has more than the file, or the file is gone, the records come from there.
  ///
  /// The damaged file keeps everything; it is renamed and never deleted.
  ///
  /// - Returns: The journal, and what was saved when that happened just now.
  /// - Throws: ``JournalError/needsEpoch(finding:readable:)`` for a damaged ledger in which no offered
  ///   epoch can be read, and what opening throws.
  package static func openOrSalvage(
    _ configuration: Configuration
  ) throws(JournalError) -> (journal: Journal, salvage: Salvage?) {
    let files = LedgerFiles(path: configuration.path)
    try files.finish()
    do throws(JournalError) {
      let journal = try Journal(configuration)
      guard files.isSuspect else { return (journal, nil) }
      try journal.close()
      throw JournalError.damaged(foundInUse)
    } catch .damaged(let finding) {
      let salvage = try salvage(configuration, finding, in: nil)
      return (try Journal(configuration), salvage)
    }
  }

  private static func mirrorFile(_ configuration: Configuration) -> MirrorFile? {
    configuration.mirrorPath.map {
      MirrorFile(path: $0, terminal: configuration.terminal, key: configuration.key)
    }
  }

  static let foundInUse = "SQLite found it while it was used"

  /// - Parameter granted: By the centre's operator; `nil` for the epoch that the last ack offered.
  static func salvage(
    _ configuration: Configuration, _ finding: String, in granted: GrantedEpoch?
  ) throws(JournalError) -> Salvage {
    let files = LedgerFiles(path: configuration.path)
    // On a full disk the ballast makes room for what is saved.
    if let limits = configuration.storeLimits {
      GuardedRoom(limits).look(besides: configuration.path, mayMake: false)
    }
    try files.removeUnfinished()
    let name = files.damagedName(at: configuration.readClock().wallMilliseconds)
    do {
      let old = try openDamaged(configuration.path)
      let salvage = try old?.inDatabase { db in
        try write(configuration, finding, in: granted, from: db, calling: name)
      }
      try old?.close()
      let result =
        try salvage ?? write(configuration, finding, in: granted, from: nil, calling: name)
      try files.replace(calling: name)
      return result
    } catch {
      throw JournalError(error)
    }
  }

  /// - Returns: `nil` when SQLite can do nothing with the file.
  private static func openDamaged(_ path: String) throws -> DatabaseQueue? {
    do {
      let queue = try LedgerConnection.open(path: path)
      try queue.inDatabase { db in
        // The file stays as it is: what its log says is read, and not moved into it.
        if let connection = unsafe db.sqliteConnection { unsafe KeptLog.keep(connection) }
        _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema")
      }
      return queue
    } catch let error as DatabaseError where error.saysDamage {
      return nil
    }
  }

  /// Builds the new ledger beside the damaged one.
  private static func write(
    _ configuration: Configuration, _ finding: String, in granted: GrantedEpoch?,
    from old: Database?, calling name: String
  ) throws -> Salvage {
    let file =
      try old.map { try DamagedLedger($0, configuration) }
      ?? DamagedLedger(unreadable: configuration.terminal)
    let source = file.orMirror(mirrorFile(configuration), old)
    guard let epoch = granted ?? source.state?.offered else {
      throw JournalError.needsEpoch(
        finding: finding, readable: source.countUnsettled(old))
    }
    let new = try LedgerConnection.open(path: LedgerFiles(path: configuration.path).unfinished)
    let salvage = try new.inDatabase { db in
      try Schema.migrate(db)
      var ledger = SalvagedLedger(source, in: epoch, configuration)
      let salvage = try ledger.write(db, from: old, calling: name)
      _ = try db.checkpoint(.truncate)
      return salvage
    }
    try new.close()
    return salvage
  }
}
