import Dispatch

/// A store on a PostgreSQL server, version 15 or later.
///
/// One process has it, which holds an advisory lock as long as its connection lives. It never connects again
/// by itself: what was sent last may or may not be durable, and the lock is gone, so its owner starts anew.
package final class PostgresStore: Store {
  private let queue: DispatchQueue
  // Touched on the queue only.
  private nonisolated(unsafe) let database: PostgresDatabase

  /// Connects, makes sure that the server keeps what it says that it keeps, and takes the lock.
  ///
  /// - Parameter uri: The tables are in the first schema of its search path.
  package init(uri: String, label: String) throws(SQLError) {
    queue = DispatchQueue(label: label)
    let database = PostgresDatabase(try PostgresConnection(uri: uri, label: label))
    guard database.serverVersion >= 150_000 else {
      throw SQLError(
        .refused, code: "PostgreSQL",
        "the server's version is \(database.serverVersion / 10_000): it must be 15 or later")
    }
    try database.script(
      """
      SET synchronous_commit = on; SET client_min_messages = warning; SET statement_timeout = 0;
      SET idle_session_timeout = 0
      """)
    for setting in ["fsync", "full_page_writes"] {
      guard try database.value("SHOW \(setting)") == "on" else {
        throw SQLError(
          .refused, code: "PostgreSQL",
          "\(setting) is off at the server, which then loses money with its power: turn it on in "
            + "postgresql.conf")
      }
    }
    let lock =
      "SELECT pg_try_advisory_lock(hashtextextended('\(label) in ' || current_schema(), 0))"
    guard try database.value(lock) == true else {
      throw SQLError(.inUse, code: "PostgreSQL", "another process holds the lock of this schema")
    }
    unsafe self.database = database
  }

  package func run(_ body: @escaping @Sendable (any Database) -> Void) {
    queue.async { body(unsafe self.database) }
  }

  package func runAndWait<Value>(_ body: (any Database) throws -> Value) throws -> Value {
    try queue.sync { try body(unsafe database) }
  }

  package func close() throws(SQLError) {
    queue.sync {
      // The server gives the lock up by itself only when it notices that the connection has gone, which takes a
      // moment. try?: a connection that broke holds none.
      try? unsafe database.script("SELECT pg_advisory_unlock_all()")
      unsafe database.close()
    }
  }
}
