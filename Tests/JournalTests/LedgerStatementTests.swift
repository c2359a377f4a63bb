import GRDB
import Testing

@testable import Journal

/// The statements of a swipe, on a database in memory.
@Suite("Ledger statements")
struct LedgerStatementTests {
  private let database: DatabaseQueue

  init() throws {
    database = try DatabaseQueue()
    try database.inDatabase { db in
      try db.execute(
        sql: """
          CREATE TABLE thing (id INTEGER PRIMARY KEY, number INTEGER, bytes BLOB, word ANY) STRICT;
          INSERT INTO thing VALUES (1, 7, x'0102', 'one'), (2, NULL, x'', NULL), (3, 300, NULL, x'FF');
          """)
    }
  }

  @Test("what was bound is read back, to the last byte")
  func roundTrip() throws {
    try database.inDatabase { db in
      for (id, bytes) in [(10, []), (11, [0]), (12, Array(repeating: UInt8(0xa5), count: 70))] {
        try LedgerStatement(db, "INSERT INTO thing (id, number, bytes) VALUES (?, ?, ?)")
          .run(.integer(Int64(id)), .integer(.min), .bytes(bytes))
        let found = try LedgerStatement(db, "SELECT number, bytes FROM thing WHERE id = ?")
          .first(.integer(Int64(id))) { (try $0.value(0) as Int64, try $0.bytes(1)) }
        #expect(found?.0 == .min)
        #expect(found?.1 == bytes)
      }
    }
  }

  @Test("rows are read in order, and no further than asked")
  func rows() throws {
    try database.inDatabase { db in
      let statement = try LedgerStatement(db, "SELECT id FROM thing ORDER BY id")
      var seen: [Int] = []
      try statement.rows { seen.append(try $0.value(0)) }
      #expect(seen == [1, 2, 3])
      try statement.prefix(while: { row in
        seen.append(try row.value(0))
        return seen.count < 5
      })
      #expect(seen == [1, 2, 3, 1, 2])
    }
  }

  @Test("a missing row is nil, a missing number is nil where it may be")
  func missing() throws {
    try database.inDatabase { db in
      let statement = try LedgerStatement(db, "SELECT number FROM thing WHERE id = ?")
      #expect(try statement.first(.integer(9)) { try $0.value(0) as Int } == nil)
      #expect(try statement.first(.integer(2)) { try $0.optional(0) as Int? } == .some(nil))
    }
  }

  @Test(
    "a column that holds what it cannot hold is damage",
    arguments: [
      ("SELECT number FROM thing WHERE id = 2", 0), ("SELECT number FROM thing WHERE id = 3", 0),
      ("SELECT word FROM thing WHERE id = 1", 0), ("SELECT word FROM thing WHERE id = 3", 1),
      ("SELECT bytes FROM thing WHERE id = 3", 2), ("SELECT number FROM thing WHERE id = 1", 2),
    ])
  func damage(sql: String, kind: Int) throws {
    let expected = JournalError.damaged("column 0 of a row holds what it cannot hold")
    #expect(throws: expected) {
      try database.inDatabase { db in
        try LedgerStatement(db, sql).rows { row in
          switch kind {
          case 0: _ = try row.value(0) as UInt8
          case 1: _ = try row.text(0)
          default: _ = try row.bytes(0)
          }
        }
      }
    }
  }

  @Test("a statement that failed runs again, and fails with SQLite's own code")
  func failure() throws {
    try database.inDatabase { db in
      let insertion = try LedgerStatement(db, "INSERT INTO thing (id) VALUES (?)")
      let error = #expect(throws: DatabaseError.self) { try insertion.run(.integer(1)) }
      #expect(error?.extendedResultCode == .SQLITE_CONSTRAINT_PRIMARYKEY)
      try insertion.run(.integer(4))
      #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM thing") == 4)
    }
  }

  @Test("reading that stops half-way leaves no read open")
  func reset() throws {
    try database.inDatabase { db in
      let statement = try LedgerStatement(db, "SELECT id FROM thing")
      #expect(throws: CancellationError.self) {
        try statement.rows { _ in throw CancellationError() }
      }
      _ = try statement.first { try $0.value(0) as Int }
      // Fails with SQLITE_LOCKED while a statement reads the table.
      try db.execute(sql: "DROP TABLE thing")
    }
  }
}
