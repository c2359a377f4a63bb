import GRDB
import LedgerDisk
import Testing

@testable import Journal

@Suite struct DurabilitySettingsTests {
  @Test("every setting of durability reads back from the open connection as it was asked for")
  func settingsReadBack() throws {
    let fixture = try JournalFixture()
    let journal = try fixture.open()
    defer { try? journal.close() }  // the folder goes away with the fixture
    for pragma in DurabilitySettings.pragmas {
      let found = try journal.connection.inDatabase { db in
        try String.fetchOne(db, sql: "PRAGMA \(pragma.name)")
      }
      #expect(found == pragma.readsBack, "\(pragma.name)")
    }
  }

  @Test("the settings still hold after a sale, an ack and a checkpoint")
  func settingsHold() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 5000)])
    _ = try await journal.authorise(JournalFixture.request(1))
    try journal.connection.inDatabase { db in _ = try db.checkpoint(.truncate) }
    let synchronous = try journal.connection.inDatabase { db in
      try Int.fetchOne(db, sql: "PRAGMA synchronous")
    }
    #expect(synchronous == 2)
    try journal.close()
  }

  @Test("a second process cannot open the ledger while it is in use")
  func exclusive() throws {
    let fixture = try JournalFixture()
    let journal = try fixture.open()
    #expect(throws: JournalError.self) { try fixture.open() }
    try journal.close()
  }
}
