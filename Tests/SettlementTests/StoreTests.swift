import Foundation
import SQLStore
import Testing

/// What both stores must do alike.
@Suite(.everyStore, .namingStore, .timeLimit(.minutes(5))) struct StoreTests {
  private let folder: TestFolder
  private let location: StoreLocation

  init() throws {
    folder = try TestFolder()
    location = try StoreKind.current.make(in: folder.url)
  }

  /// Opens the store with a table of every type.
  private func open() throws -> any Store {
    let store = try location.open(label: "test")
    try store.runAndWait { db in
      try db.script(
        """
        CREATE TABLE thing (number INTEGER PRIMARY KEY, name TEXT, body BLOB,
          big INTEGER NOT NULL DEFAULT 0) STRICT
        """)
    }
    return store
  }

  @Test("what is bound is what is read, at both ends of every type")
  func values() throws {
    let store = try open()
    try store.runAndWait { db in
      let rows: [(Int64, String?, Data?)] = [
        (.min, "", Data()), (-1, "一号窗口 'quoted' ? \\", Data([0, 255, 0])), (0, nil, nil),
        (.max, String(repeating: "食", count: 5000), Data(count: 70_000)),
      ]
      for (number, name, body) in rows {
        let written = try db.execute(
          "INSERT INTO thing (number, name, body) VALUES (?, ?, ?)", [number, name, body])
        #expect(written == 1)
      }
      let read = try db.rows("SELECT number, name, body FROM thing ORDER BY number")
      for (row, expected) in zip(read, rows) {
        #expect(row["number"] == expected.0)
        #expect(row["name"] == expected.1)
        #expect(row["body"] == expected.2)
      }
      #expect(read.count == rows.count)
      let truth = try db.row(
        "SELECT number = 0 AS yes, number <> 0 AS no FROM thing WHERE number = 0")
      #expect(truth?["yes"] == true)
      #expect(truth?["no"] == false)
    }
    try store.close()
  }

  @Test(
    "a sum of numbers is a number",
    arguments: [
      [], [0], [1], [-1], [9_999], [10_000], [-10_000], [100_000_000], [123_456_789_012_345_678],
      [.max], [.min], [.max, -1], [4_000_000_000_000_000_000, 5_000_000_000_000_000_000],
    ] as [[Int64]])
  func sums(numbers: [Int64]) throws {
    let store = try open()
    try store.runAndWait { db in
      try db.insert(
        into: "thing", ["number", "big"],
        numbers.enumerated().map { SQLArguments([$0.offset.sqlValue, $0.element.sqlValue]) })
      let sum: Int64? = try db.value("SELECT SUM(big) FROM thing")
      #expect(sum == (numbers.isEmpty ? nil : numbers.reduce(0, +)))
    }
    try store.close()
  }

  @Test("a sum that does not fit into 64 bits is an error, not another number")
  func overflow() throws {
    let store = try open()
    try store.runAndWait { db in
      try db.insert(into: "thing", ["number", "big"], [[1, Int64.max], [2, Int64.max]])
      #expect(throws: SQLError.self) { try db.value("SELECT SUM(big) FROM thing") as Int64? }
    }
    try store.close()
  }

  @Test(
    "many rows are written and read as one by one, whatever their number",
    arguments: [1, 3, 7, 8, 9, 337])
  func manyRows(count: Int) throws {
    let store = try open()
    try store.runAndWait { db in
      let names = (0..<count).map { $0 % 3 == 0 ? nil : "名\($0)" }
      try db.insert(
        into: "thing", ["number", "name", "body"],
        names.enumerated().map { [$0.offset, $0.element, Data([UInt8($0.offset % 256)])] })
      let read = try db.rows("SELECT name, body FROM thing ORDER BY number")
      #expect(read.map { $0["name"] as String? } == names)
      #expect(read.map { $0["body"] as Data? } == (0..<count).map { Data([UInt8($0 % 256)]) })
      try db.execute(forEach: (0..<count).map { [$0, $0 * 2] }) { source in
        """
        UPDATE thing SET big = big + change.column2 FROM (\(source)) AS change
        WHERE number = change.column1
        """
      }
      let found = try db.rows(forEach: (0..<count).map(\.sqlValue)) { list in
        "SELECT number, big FROM thing WHERE number IN (\(list)) ORDER BY number"
      }
      #expect(found.allSatisfy { $0["big"] as Int? == ($0["number"] as Int?).map { $0 * 2 } })
      #expect(found.count == count)
    }
    try store.close()
  }

  @Test("a statement that fails says the store's own code, and the transaction can be rolled back")
  func refused() throws {
    let store = try open()
    try store.runAndWait { db in
      try db.begin(.writing)
      try db.execute("INSERT INTO thing (number) VALUES (1)")
      let code = StoreKind.current == .sqlite ? "SQLite 1555" : "PostgreSQL 23505"
      let error = #expect(throws: SQLError.self) {
        try db.execute("INSERT INTO thing (number) VALUES (1)")
      }
      #expect(error?.code == code)
      #expect(error?.kind == .refused)
      try db.rollBack()
      #expect(try db.rows("SELECT * FROM thing").isEmpty)
    }
    try store.close()
  }

  @Test("a row that the store refuses leaves none of those that were written with it")
  func refusedCopy() throws {
    let store = try open()
    try store.runAndWait { db in
      try db.begin(.writing)
      #expect(throws: SQLError.self) {
        try db.insert(into: "thing", ["number"], (0..<20).map { [$0 % 19] })
      }
      try db.rollBack()
      try db.insert(into: "thing", ["number"], (0..<20).map { [$0] })
      #expect(try db.value("SELECT COUNT(*) FROM thing") == 20)
    }
    try store.close()
  }

  @Test("the version of the tables is kept, and is 0 before there are any")
  func version() throws {
    var store = try location.open(label: "test")
    try store.runAndWait { db in
      #expect(try db.schemaVersion() == 0)
      try db.setSchemaVersion(7)
      try db.setSchemaVersion(8)
    }
    try store.close()
    store = try location.open(label: "test")
    #expect(try store.runAndWait { db in try db.schemaVersion() } == 8)
    try store.close()
  }

  @Test("one process has the store, until it closes it")
  func exclusive() throws {
    let store = try location.open(label: "test")
    try store.runAndWait { db in try db.setSchemaVersion(1) }
    let error = #expect(throws: SQLError.self) { _ = try location.open(label: "test") }
    #expect(error?.kind == .inUse)
    try store.close()
    try location.open(label: "test").close()
  }

  @Test("a store that was closed does nothing more, and says so")
  func closed() throws {
    let store = try open()
    try store.close()
    #expect(throws: (any Error).self) {
      try store.runAndWait { db in try db.execute("DELETE FROM thing") }
    }
  }
}

/// What only a server can do wrong.
@Suite(.timeLimit(.minutes(5))) struct PostgresStoreTests {
  private func open() throws -> (location: StoreLocation, store: any Store) {
    let location = try TestServer.schema()
    return (location, try location.open(label: "test"))
  }

  @Test("a commit waits for the disk, whatever the server's default is")
  func settings() throws {
    let (_, store) = try open()
    for setting in ["synchronous_commit", "fsync"] {
      let value: String? = try store.runAndWait { db in try db.value("SHOW \(setting)") }
      #expect(value == "on")
    }
    try store.close()
  }

  @Test("a transaction that the server rolled back is no commit, also when it says yes to one")
  func rolledBack() throws {
    let (_, store) = try open()
    try store.runAndWait { db in
      try db.begin(.writing)
      #expect(throws: SQLError.self) { try db.execute("SELECT 1 / 0") }
      #expect(throws: SQLError.self) { try db.commit() }
    }
    try store.close()
  }

  @Test("a connection that breaks is not made again, and what was under way is an error")
  func disconnected() throws {
    let (_, store) = try open()
    let (_, other) = try open()
    let process: Int32? = try store.runAndWait { db in try db.value("SELECT pg_backend_pid()") }
    let isEnded: Bool? = try other.runAndWait { db in
      try db.value("SELECT pg_terminate_backend(CAST(? AS int4))", [process])
    }
    #expect(isEnded == true)
    for _ in 0..<2 {
      let error = #expect(throws: SQLError.self) {
        try store.runAndWait { db in _ = try db.rows("SELECT 1") }
      }
      #expect(error?.kind == .disconnected)
    }
    try other.close()
    try store.close()
  }

  @Test("a server that is not there is an error which names it, without the password")
  func absent() throws {
    let location = StoreLocation("postgres://canteen:secret@127.0.0.1:1/canteen?sslmode=disable")
    #expect("\(location)" == "postgres://canteen@127.0.0.1:1/canteen")
    let error = #expect(throws: SQLError.self) { _ = try location.open(label: "test") }
    #expect(error?.kind == .disconnected)
    #expect(error?.message.contains("127.0.0.1") == true)
    #expect(error?.message.contains("secret") == false)
  }
}

/// A folder that goes with the test.
private final class TestFolder: Sendable {
  let url = FileManager.default.temporaryDirectory.appending(
    path: "canteen-store-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: url)  // a leftover folder harms no test
  }
}
