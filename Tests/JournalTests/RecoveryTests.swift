import CanteenModel
import Foundation
import GRDB
import SyncProtocol
import Testing

@testable import Journal

@Suite struct RecoveryTests {
  @Test("records behind the one that the state names are damage, not a ledger that cannot sell")
  func recordsBehindTheState() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let sale = try await journal.authorise(JournalFixture.request(1))
    try await journal.read { db in
      try db.execute(
        sql: """
          UPDATE terminal_state SET sequence = sequence - 1, head =
            (SELECT head FROM record WHERE sequence = ?)
          """, arguments: [Int64(sale.position.sequence.number) - 1])
    }
    try fixture.crash(journal)
    #expect {
      try fixture.open()
    } throws: { error in
      if case JournalError.damaged = error { true } else { false }
    }
  }

  @Test("what was approved is there after reopening, and the chain goes on without a gap")
  func reopens() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let before = try await journal.authorise(JournalFixture.request(1))
    try journal.close()
    journal = try fixture.open()
    fixture.advance(seconds: 300)
    let after = try await journal.authorise(JournalFixture.request(1))
    #expect(after.position.sequence == before.position.sequence.next)
    #expect(after.diner?.available.subsidy == Fen(6000))
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test("a ledger that was copied to another terminal is refused")
  func otherTerminal() throws {
    let fixture = try JournalFixture()
    try fixture.open(terminal: 3).close()
    #expect(throws: JournalError.belongsToAnotherTerminal(TerminalID(3))) {
      try fixture.open(terminal: 4)
    }
  }

  @Test("a ledger of a newer version is refused and left alone")
  func newerVersion() throws {
    let fixture = try JournalFixture()
    try fixture.open().close()
    let queue = try DatabaseQueue(path: fixture.path)
    try queue.write { db in try db.execute(sql: "PRAGMA user_version = 99") }
    try queue.close()
    #expect(throws: JournalError.fromNewerVersion(schema: 99)) { try fixture.open() }
  }

  @Test(
    "a change to a record that the centre does not have is found when the ledger is opened",
    arguments: [
      "UPDATE record SET bytes = zeroblob(length(bytes)) WHERE sequence = 2",
      "UPDATE record SET head = zeroblob(32) WHERE sequence = 3",
      "DELETE FROM record WHERE sequence = 2", "DELETE FROM record WHERE sequence = 3",
      "UPDATE record SET wall_ms = 0 WHERE sequence = 3",
      "UPDATE record SET wall_ms = (SELECT wall_ms FROM record WHERE sequence = 2) WHERE sequence = 3",
      "UPDATE terminal_state SET head = zeroblob(32)",
    ])
  func tampering(sql: String) async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([
      JournalFixture.account(1, subsidy: 9000), JournalFixture.account(2, subsidy: 9000),
    ])
    for number in 1...2 { _ = try await journal.authorise(JournalFixture.request(Int64(number))) }
    try journal.close()
    let queue = try DatabaseQueue(path: fixture.path)
    try queue.inDatabase { db in try db.execute(sql: sql) }
    try queue.close()
    #expect {
      try fixture.open()
    } throws: { error in
      if case JournalError.damaged = error { true } else { false }
    }
  }

  @Test("a value that the schema forbids is damage, and does not stop the process")
  func forbiddenValue() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    _ = try await journal.authorise(JournalFixture.request(1))
    try journal.close()
    for sql in [
      "PRAGMA writable_schema = ON",
      "UPDATE sqlite_schema SET sql = replace(sql, 'wall_ms INTEGER NOT NULL', 'wall_ms INTEGER')",
      "PRAGMA writable_schema = RESET", "UPDATE record SET wall_ms = NULL WHERE sequence = 2",
    ] {
      let queue = try DatabaseQueue(path: fixture.path)
      try queue.inDatabase { db in
        try db.execute(sql: "PRAGMA writable_schema = ON")
        try db.execute(sql: sql)
      }
      try queue.close()
    }
    #expect {
      try fixture.open()
    } throws: { error in
      if case JournalError.damaged = error { true } else { false }
    }
  }

  @Test("verification finds a sale row or a counter that is not the records'")
  func verifyFindsRows() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    _ = try await journal.authorise(JournalFixture.request(1))
    let tampered = [
      ("UPDATE sale SET fen = 1", "UPDATE sale SET fen = 1500"),
      ("UPDATE sale SET account = 2", "UPDATE sale SET account = 1"),
      ("UPDATE sale SET purse = 2", "UPDATE sale SET purse = 1"),
      ("UPDATE sale SET tranche = 2", "UPDATE sale SET tranche = 0"),
      ("UPDATE meal_counter SET period = 1", "UPDATE meal_counter SET period = 2"),
      (
        "UPDATE record SET wall_ms = wall_ms + 1 WHERE sequence = 2",
        "UPDATE record SET wall_ms = wall_ms - 1 WHERE sequence = 2"
      ),
      (
        "UPDATE terminal_state SET unsettled_fen = 0",
        "UPDATE terminal_state SET unsettled_fen = 1500"
      ), ("UPDATE meal_counter SET alone = 0", "UPDATE meal_counter SET alone = 1"),
      ("UPDATE meal_counter SET sales = 0", "UPDATE meal_counter SET sales = 1"),
    ]
    for (damage, repair) in tampered {
      try journal.connection.inDatabase { db in try db.execute(sql: damage) }
      #expect(try await journal.verify().findings.count == 1)
      try journal.connection.inDatabase { db in try db.execute(sql: repair) }
      #expect(try await journal.verify().findings.isEmpty)
    }
    try journal.close()
  }
}
