import Dispatch
import GRDB

/// How the one connection to the ledger is opened.
///
/// Debian 12's SQLite 3.40.1 can corrupt a WAL database when two connections write or checkpoint at
/// the same moment, so there is exactly one, and it holds the file exclusively (ARCHITECTURE.md, Durability).
enum LedgerConnection {
  /// The settings of durability, each with the value that it must read back as.
  ///
  /// The order matters: the exclusive lock comes before WAL, so that the WAL index lives in memory.
  static let pragmas: [(name: String, value: String, readsBack: String)] = [
    ("locking_mode", "EXCLUSIVE", "exclusive"),
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", "2"),
    ("wal_autocheckpoint", "0", "0"),
    ("trusted_schema", "OFF", "0"),
    ("cell_size_check", "ON", "1"),
    ("foreign_keys", "ON", "1"),
    ("mmap_size", "0", "0"),
  ]

  /// Opens the file, creating it when it is missing.
  ///
  /// The queue keeps GRDB's default journal mode on purpose: its own WAL mode puts `synchronous` back
  /// to NORMAL after our preparation ran, and a power cut would then lose lit sales.
  ///
  /// - Parameter thread: What runs the queue; `nil` for any.
  static func open(path: String, on thread: DispatchQueue? = nil) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.label = "ledger"
    configuration.targetQueue = thread
    configuration.publicStatementArguments = false
    configuration.prepareDatabase { db in
      for pragma in pragmas {
        #if SEEDED_BUGS
          let value = SeededBug.value(of: pragma.name, pragma.value)
        #else
          let value = pragma.value
        #endif
        try db.execute(sql: "PRAGMA \(pragma.name) = \(value)")
      }
    }
    return try DatabaseQueue(path: path, configuration: configuration)
  }
}
