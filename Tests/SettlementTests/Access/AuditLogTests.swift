import CanteenModel
import SQLStore
import SettlementCore
import SyncProtocol
import Testing

@testable import SettlementStore

@Suite(.everyStore, .namingStore, .timeLimit(.minutes(4))) struct AuditLogTests {
  private let fixture = OfficeFixture()
  private static let entry = AuditEntry("li", "importItems", on: "items", body: [1, 2, 3])

  @Test("an act and its row of the audit log are one transaction")
  func together() async throws {
    let books = try fixture.open()
    let item = Array("code,name,category,price,ceiling\n7,米饭,1,1.00,\n".utf8)
    let outcome = try await books.acting(Self.entry) { () throws(StoreError) in
      try await books.importItems(item)
    }
    #expect(outcome.added == 1)
    let lines = try await books.auditLines(behind: 0)
    #expect(lines.map(\.number) == [1])
    #expect(lines.first?.login == "li" && lines.first?.outcome == "done")
    #expect(lines.first?.body == Digest32(sha256: [1, 2, 3]).description)
    // A row that cannot be written takes the act with it.
    try await books.change("ALTER TABLE audit RENAME TO elsewhere")
    await #expect(throws: StoreError.self) {
      try await books.acting(Self.entry) { () throws(StoreError) in
        try await books.addPerson("zhao", name: "赵")
      }
    }
    #expect(try await books.count("SELECT COUNT(*) FROM person") == 0)
  }

  @Test("an act that is refused leaves a row that says so, and nothing else")
  func refused() async throws {
    let books = try fixture.open()
    await #expect(throws: StoreError.self) {
      try await books.acting(Self.entry) { () throws(StoreError) in
        try await books.importItems(Array("nonsense".utf8))
      }
    }
    #expect(try await books.auditLines(behind: 0).map(\.outcome) == ["failed"])
    #expect(try await books.count("SELECT COUNT(*) FROM item") == 0)
  }

  @Test("an act that is tried leaves nothing, not even a row")
  func rehearsed() async throws {
    let books = try fixture.open()
    let item = Array("code,name,category,price,ceiling\n7,米饭,1,1.00,\n".utf8)
    let (outcome, _, basis) = try await books.rehearsing { () throws(StoreError) in
      try await books.importItems(item)
    }
    #expect(outcome.added == 1)
    #expect(try await books.count("SELECT COUNT(*) FROM item") == 0)
    #expect(try await books.count("SELECT COUNT(*) FROM audit") == 0)
    let again = try await books.rehearsing { () throws(StoreError) in
      try await books.importItems(item)
    }
    #expect(again.basis == basis)
  }

  private func filled(_ other: OfficeFixture? = nil) async throws -> Books {
    let fixture = other ?? fixture
    let books = try fixture.open()
    for number in 1...5 {
      try await books.note(AuditEntry("li", "readRecords", on: "terminal \(number)"))
      fixture.clock.advance(1)
    }
    return books
  }

  @Test("the log proves itself, and what somebody noted down of it before")
  func verified() async throws {
    let books = try await filled()
    let head = try await books.verifyAudit()
    #expect(head.number == 5)
    try await books.note(AuditEntry("wang", "readAudit", on: ""))
    #expect(try await books.verifyAudit(including: head).number == 6)
    let wrong = AuditHead(number: 5, digest: Digest32.zero.description)
    await #expect(throws: StoreError.self) { try await books.verifyAudit(including: wrong) }
    let beyond = AuditHead(number: 7, digest: head.digest)
    await #expect(throws: StoreError.self) { try await books.verifyAudit(including: beyond) }
  }

  @Test(
    "a log that somebody changed is found",
    arguments: [
      "UPDATE audit SET login = 'wang' WHERE number = 2",
      "UPDATE audit SET at_ms = at_ms + 1 WHERE number = 5",
      "UPDATE audit SET outcome = 'refused' WHERE number = 1",
      "UPDATE audit SET subject = 'terminal 9' WHERE number = 3",
      "DELETE FROM audit WHERE number = 3",
      "DELETE FROM audit WHERE number = 1",
      "UPDATE audit SET digest = body WHERE number = 4",
    ])
  func changed(sql: String) async throws {
    let books = try await filled()
    try await books.change(sql)
    await #expect(throws: StoreError.self) { try await books.verifyAudit() }
  }

  /// Whether a log of which every row was reckoned anew for itself is found.
  private func rewrittenIsFound() async throws -> Bool {
    let (fixture, elsewhere) = (OfficeFixture(), OfficeFixture())
    let books = try await filled(fixture)
    let head = try await books.verifyAudit()
    // Somebody who can write the store replaces the second row by another one's row of the same number.
    let other = try elsewhere.open()
    try await other.note(AuditEntry("li", "readRecords", on: "terminal 1"))
    try await other.note(AuditEntry("wang", "readRecords", on: "terminal 2"))
    let forged = try #require(try await other.auditLines(behind: 1).first)
    try await books.write { db in
      _ = try db.execute(
        "UPDATE audit SET login = ?, at_ms = ?, digest = ? WHERE number = 2",
        [
          forged.login, forged.atMilliseconds,
          try #require(Hexadecimal.bytes(forged.digest).flatMap { Digest32($0) }).blob,
        ])
    }
    do {
      return try await books.verifyAudit(including: head) != head
    } catch {
      return true
    }
  }

  @Test(
    "a row that was put in the place of another one breaks the chain; without a chain it would not")
  func chained() async throws {
    #expect(try await rewrittenIsFound())
    let found = try await SeededAccessBug.$planted.withValue(.auditIsNotChained) {
      try await rewrittenIsFound()
    }
    #expect(!found)
  }
}
