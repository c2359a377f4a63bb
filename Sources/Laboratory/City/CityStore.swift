import CanteenModel
import Foundation
import SQLStore
import SyncProtocol

/// Where the books of a city go: a file in the run's own folder, or a schema of its own on a server.
package enum CityStore: Hashable, Sendable {
  case sqlite
  /// A connection URI, as libpq reads it.
  case postgres(uri: String)

  /// Reads `sqlite`, or a URI of PostgreSQL's.
  ///
  /// - Returns: `nil` for everything else.
  package init?(_ text: String) {
    switch StoreLocation(text) {
    case .server(let uri): self = .postgres(uri: uri)
    case .file(path: "sqlite"): self = .sqlite
    case .file: return nil
    }
  }

  var name: String {
    switch self {
    case .sqlite: "SQLite"
    case .postgres: "PostgreSQL"
    }
  }

  /// Lends an empty store, and takes a server's schema away again. A file stays where it is, for whoever wants to look.
  func lend<Value>(
    in folder: URL, _ body: (StoreLocation) async throws -> Value
  ) async throws -> Value {
    switch self {
    case .sqlite:
      return try await body(.file(path: folder.appending(path: "books.sqlite").path))
    case .postgres(let uri):
      let schema = "city_\(Digest32.random().description.prefix(16))"
      let separator = uri.contains("?") ? "&" : "?"
      try Self.script("CREATE SCHEMA \(schema)", at: uri)
      let value: Value
      do {
        value = try await body(
          .server(uri: "\(uri)\(separator)options=-csearch_path%3D\(schema)"))
      } catch {
        // try?: what failed first is what must be told.
        try? Self.script("DROP SCHEMA \(schema) CASCADE", at: uri)
        throw error
      }
      try Self.script("DROP SCHEMA \(schema) CASCADE", at: uri)
      return value
    }
  }

  private static func script(_ sql: String, at uri: String) throws {
    let store = try StoreLocation(uri).open(
      label: "city \(Digest32.random().description.prefix(16))")
    try store.runAndWait { db in try db.script(sql) }
    try store.close()
  }
}
