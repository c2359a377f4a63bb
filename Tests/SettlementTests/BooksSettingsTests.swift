import GRDB
import Testing

@testable import SettlementStore

@Suite struct BooksSettingsTests {
  @Test(
    "the settings of durability hold on the open connection, also after writes and a checkpoint",
    arguments: [
      ("locking_mode", "exclusive"), ("journal_mode", "wal"), ("synchronous", "2"),
      ("wal_autocheckpoint", "0"), ("trusted_schema", "0"), ("cell_size_check", "1"),
      ("foreign_keys", "1"), ("mmap_size", "0"),
    ])
  func settings(name: String, value: String) async throws {
    let fixture = try SettlementFixture()
    let books = try await fixture.openFilled()
    try books.connection.inDatabase { db in _ = try db.checkpoint(.truncate) }
    let found = try await books.read { db in
      try String.fetchOne(db, sql: "PRAGMA \(name)")
    }
    #expect(found == value)
    try books.close()
  }

  @Test("every setting that is asked for reads back as the list says")
  func readBack() async throws {
    let fixture = try SettlementFixture()
    let books = try fixture.open()
    for pragma in BooksConnection.pragmas {
      let found = try await books.read { db in
        try String.fetchOne(db, sql: "PRAGMA \(pragma.name)")
      }
      #expect(found == pragma.readsBack, "\(pragma.name)")
    }
    try books.close()
  }

  @Test("a second process cannot open the books while they are in use, and can afterwards")
  func exclusive() throws {
    let fixture = try SettlementFixture()
    let books = try fixture.open()
    #expect(throws: StoreError.inUse) { try fixture.open() }
    try books.close()
    try fixture.open().close()
  }

  @Test("closed books take nothing and say so")
  func closed() async throws {
    let fixture = try SettlementFixture()
    let books = try fixture.open()
    try books.close()
    #expect(books.failure == .stopped)
    await #expect(throws: StoreError.stopped) { try await books.terminals() }
  }

  @Test("books of a newer version are not touched")
  func newer() async throws {
    let fixture = try SettlementFixture()
    let books = try fixture.open()
    _ = try await books.write { db in try db.execute(sql: "PRAGMA user_version = 99") }
    try books.close()
    #expect(throws: StoreError.fromNewerVersion(schema: 99)) { try fixture.open() }
  }

  @Test("a write that fails is rolled back whole, and the next one goes through")
  func rolledBack() async throws {
    let fixture = try SettlementFixture()
    let terminal = TestTerminal()
    let books = try fixture.open()
    await #expect(throws: StoreError.stopped) {
      try await books.write { db in
        try db.execute(sql: "INSERT INTO rulebook VALUES (1, x'00', 0)")
        throw StoreError.stopped
      }
    }
    try await books.add(SettlementFixture.entry(terminal))
    #expect(try await books.report().totals.rulebookVersion == 0)
    try books.close()
  }

  @Test("a commit that fails stops the books: nothing more is taken until they are reopened")
  func commitFails() async throws {
    let fixture = try SettlementFixture()
    let books = try await fixture.openFilled()
    await #expect(throws: StoreError.commitFailed(code: 787)) {
      // A deferred foreign key fails at COMMIT, as a full disk may.
      try await books.write { db in
        try db.execute(sql: "PRAGMA defer_foreign_keys = ON")
        try db.execute(sql: "INSERT INTO credential VALUES (1, x'01', 999)")
      }
    }
    #expect(books.failure == .commitFailed(code: 787))
    await #expect(throws: StoreError.commitFailed(code: 787)) { try await books.report() }
  }
}
