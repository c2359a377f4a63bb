import Foundation
import LedgerDisk
import SQLStore
import Testing

@testable import SettlementStore

/// What a file of the books is held to.
@Suite struct BooksFileTests {
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
    _ = try await books.read { db in try db.checkpoint(above: 0) }
    #expect(try await setting(name, of: books) == value)
    try books.close()
  }

  @Test("every setting that is asked for reads back as the list says")
  func readBack() async throws {
    let fixture = try SettlementFixture()
    let books = try fixture.open()
    for pragma in DurabilitySettings.pragmas {
      #expect(try await setting(pragma.name, of: books) == pragma.readsBack, "\(pragma.name)")
    }
    try books.close()
  }

  /// A setting reads back as a word or as a number.
  private func setting(_ name: String, of books: Books) async throws -> String? {
    try await books.read { db in
      switch try db.row("PRAGMA \(name)")?.values.first {
      case .integer(let number): "\(number)"
      case .text(let text): text
      case .bytes, .null, nil: nil
      }
    }
  }
}

@Suite(.everyStore, .namingStore) struct BooksSettingsTests {
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
    try await books.write { db in try db.setSchemaVersion(99) }
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
        try db.execute("INSERT INTO rulebook VALUES (1, ?, 0)", [Data([0])])
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
    let kind = StoreKind.current
    let code = kind == .sqlite ? "SQLite 787" : "PostgreSQL 23503"
    await #expect(throws: StoreError.commitFailed(code: code)) {
      // A deferred foreign key fails at COMMIT, as a full disk may.
      try await books.write { db in
        switch kind {
        case .sqlite: try db.script("PRAGMA defer_foreign_keys = ON")
        case .postgres:
          try db.script(
            """
            ALTER TABLE credential ALTER CONSTRAINT credential_account_fkey
            DEFERRABLE INITIALLY DEFERRED
            """)
        }
        try db.execute("INSERT INTO credential VALUES (1, ?, 999)", [Data([1])])
      }
    }
    #expect(books.failure == .commitFailed(code: code))
    await #expect(throws: StoreError.commitFailed(code: code)) { try await books.report() }
  }

  @Test("whether there are books is known without opening them")
  func existing() throws {
    let fixture = try SettlementFixture()
    #expect(try Books.exist(in: fixture.store) == false)
    try fixture.open().close()
    #expect(try Books.exist(in: fixture.store))
  }
}
