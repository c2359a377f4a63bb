import GRDB
import LedgerDisk

/// A store in a file.
///
/// Debian 12's SQLite 3.40.1 can corrupt a WAL database when two connections write or checkpoint at the same
/// moment, so there is exactly one, and it holds the file exclusively (ARCHITECTURE.md, Durability).
package final class SQLiteStore: Store {
  private let path: String
  private let queue: DatabaseQueue

  /// Opens the file, creating it when it is missing.
  ///
  /// GRDB's default journal mode is kept on purpose: its own WAL mode puts `synchronous` back to NORMAL after
  /// our preparation ran, and a power cut would then lose acknowledged records.
  package init(path: String, label: String) throws(SQLError) {
    self.path = path
    do {
      // After a failed sync the log may be in the kernel's memory only: it is made durable before anything
      // is built on it.
      try LogRewrite.run(database: path)
      var configuration = Configuration()
      configuration.label = label
      configuration.publicStatementArguments = false
      configuration.prepareDatabase { db in
        for pragma in DurabilitySettings.pragmas {
          try db.execute(sql: "PRAGMA \(pragma.name) = \(pragma.value)")
        }
      }
      queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.inDatabase { db in _ = try db.checkpoint(.truncate) }
    } catch {
      throw SQLError(error)
    }
  }

  package func run(_ body: @escaping @Sendable (any Database) -> Void) {
    queue.asyncWriteWithoutTransaction { [path] in body(SQLiteDatabase($0, path: path)) }
  }

  package func runAndWait<Value>(_ body: (any Database) throws -> Value) throws -> Value {
    try queue.inDatabase { try body(SQLiteDatabase($0, path: path)) }
  }

  package func close() throws(SQLError) {
    do {
      try queue.close()
    } catch {
      throw SQLError(error)
    }
  }
}

extension SQLError {
  /// Converts what GRDB and the disk threw, with the original code kept.
  init(_ error: any Error) {
    switch error {
    case let error as SQLError: self = error
    case let error as DatabaseError:
      self.init(
        error.resultCode == .SQLITE_BUSY ? .inUse : .refused,
        code: "SQLite \(error.extendedResultCode.rawValue)",
        error.message ?? "SQLite gave no message")
    case let error as DiskError:
      self.init(
        error.isInUse ? .inUse : .refused, code: "SQLite \(error.code)",
        "its log could not be written again")
    default: self.init(.refused, code: "SQLite", "\(error)")
    }
  }
}
