import Foundation
import SQLStore
import Testing

/// On which store a test runs.
enum StoreKind: String, CaseIterable {
  case sqlite = "SQLite"
  case postgres = "PostgreSQL"

  @TaskLocal static var current = StoreKind.sqlite

  /// A store that nobody has used.
  ///
  /// - Parameter folder: For what is in files.
  func make(in folder: URL) throws -> StoreLocation {
    switch self {
    case .sqlite: .file(path: folder.appending(path: "books.sqlite").path)
    case .postgres: try TestServer.schema()
    }
  }

  /// What a power cut leaves, or what a backup has: what is committed.
  func image(of store: StoreLocation) throws -> StoreLocation {
    switch store {
    case .file(let path):
      let folder = URL(filePath: path).deletingLastPathComponent()
      let image = folder.appending(path: "image-\(UUID().uuidString).sqlite").path
      for suffix in ["", "-wal"] {
        try FileManager.default.copyItem(atPath: path + suffix, toPath: image + suffix)
      }
      return .file(path: image)
    case .server(let uri): return try TestServer.copy(of: uri)
    }
  }
}

/// The PostgreSQL that `make test` starts. Every store is a schema of it.
enum TestServer {
  struct Missing: Error, CustomStringConvertible {
    let description =
      "CANTEEN_TEST_POSTGRES names no server: make test starts one, and so does Scripts/postgres.sh"
  }

  static func schema() throws -> StoreLocation {
    let name = newName()
    try run { db in try db.script("CREATE SCHEMA \(name)") }
    return .server(uri: try uri + "&options=-csearch_path%3D\(name)")
  }

  /// Another schema with the same tables, indexes and rows.
  static func copy(of uri: String) throws -> StoreLocation {
    let (copy, original) = (try schema(), try #require(schema(of: uri)))
    guard case .server(let copied) = copy else { return copy }
    let target = try #require(schema(of: copied))
    try run { db in
      let tables: [String] = try db.values(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = ?", [original])
      for table in tables {
        try db.script(
          """
          CREATE TABLE \(target).\(table) (LIKE \(original).\(table) INCLUDING ALL);
          INSERT INTO \(target).\(table) SELECT * FROM \(original).\(table)
          """)
      }
    }
    return copy
  }

  static var uri: String {
    get throws {
      guard let uri = ProcessInfo.processInfo.environment["CANTEEN_TEST_POSTGRES"] else {
        throw Missing()
      }
      return uri
    }
  }

  private static func newName() -> String {
    "books_" + UUID().uuidString.lowercased().replacing("-", with: "")
  }

  private static func schema(of uri: String) -> String? {
    uri.firstMatch(of: /search_path%3D([a-z0-9_]+)/).map { String($0.1) }
  }

  private static func run(_ body: (any Database) throws -> Void) throws {
    // A label of its own: the lock of a store goes with its label.
    let store = try StoreLocation(try uri).open(label: newName())
    try store.runAndWait(body)
    try store.close()
  }
}

/// Runs each test of a suite on every store, one after the other, and says on which it failed.
struct EveryStore: SuiteTrait, TestTrait, TestScoping {
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    for kind in StoreKind.allCases {
      try await StoreKind.$current.withValue(kind) { try await function() }
    }
  }
}

extension Trait where Self == EveryStore {
  static var everyStore: Self { EveryStore() }
}

extension Trait where Self == IssueHandlingTrait {
  /// Says on which store a test failed.
  static var namingStore: Self {
    .compactMapIssues { issue in
      var named = issue
      named.comments.append("on \(StoreKind.current.rawValue)")
      return named
    }
  }
}
