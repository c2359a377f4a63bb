import Dispatch
import GRDB
import LedgerDisk

/// How the one connection to the ledger is opened.
///
/// Debian 12's SQLite 3.40.1 can corrupt a WAL database when two connections write or checkpoint at
/// the same moment, so there is exactly one, and it holds the file exclusively (ARCHITECTURE.md, Durability).
enum LedgerConnection {
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
      for pragma in DurabilitySettings.pragmas {
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
