/// A store with one connection, which runs what it is given one after the other.
///
/// Everything that touches the store runs on a serial queue of its own, so that an fsync never blocks a
/// thread of the shared pool.
package protocol Store: AnyObject, Sendable {
  /// Runs a body behind those that wait already.
  func run(_ body: @escaping @Sendable (any Database) -> Void)

  /// Runs a body and waits for it. For what comes before and after the requests.
  func runAndWait<Value>(_ body: (any Database) throws -> Value) throws -> Value

  /// Closes the connection. Nothing is run afterwards.
  func close() throws(SQLError)
}

/// Which store, as an administrator names it.
package enum StoreLocation: Hashable, Sendable, CustomStringConvertible {
  /// A file of SQLite's.
  case file(path: String)
  /// A connection URI, as libpq reads it: `postgres://canteen@db.example.org/canteen`.
  /// Source: PostgreSQL 15, 34.1.1.2.
  case server(uri: String)

  /// A URI of PostgreSQL's names a server; everything else is a file's path.
  package init(_ text: String) {
    let isURI = ["postgres://", "postgresql://"].contains { text.hasPrefix($0) }
    self = isURI ? .server(uri: text) : .file(path: text)
  }

  /// Opens the store; a file is made when it is missing.
  ///
  /// - Parameter label: What its queue and its connection are called.
  package func open(label: String) throws(SQLError) -> any Store {
    switch self {
    case .file(let path): try SQLiteStore(path: path, label: label)
    case .server(let uri): try PostgresStore(uri: uri, label: label)
    }
  }

  /// Without what may be a secret.
  package var description: String {
    switch self {
    case .file(let path): path
    case .server(let uri):
      String(uri.prefix { $0 != "?" }).replacing(/:\/\/([^:@\/]*):[^@\/]*@/) { "://\($0.1)@" }
    }
  }
}
