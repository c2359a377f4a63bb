import CanteenModel
import SettlementCore
import SyncProtocol
import Testing

@testable import SettlementStore

@Suite(.everyStore, .namingStore, .timeLimit(.minutes(4))) struct SessionTests {
  private let fixture = OfficeFixture()
  private let token = Digest32(sha256: [1])

  private func opened(_ other: OfficeFixture? = nil) async throws -> Books {
    let fixture = other ?? fixture
    let books = try await fixture.openStaffed()
    #expect(try await books.openSession(of: "li", codeStep: 10, token: token))
    return books
  }

  @Test("a session knows its person and what they may do")
  func known() async throws {
    let books = try await opened()
    let person = try #require(try await books.session(token))
    #expect(person.login == "li")
    #expect(person.grants == [Grant(.systemOperator, .everything)])
    #expect(try await books.session(Digest32(sha256: [2])) == nil)
  }

  private func codeIsGoodOnce() async throws -> Bool {
    let fixture = OfficeFixture()
    let books = try await opened(fixture)
    return try await !books.openSession(of: "li", codeStep: 10, token: Digest32(sha256: [2]))
  }

  private func sessionIdles() async throws -> Bool {
    let fixture = OfficeFixture()
    let books = try await opened(fixture)
    fixture.clock.advance(SessionRule.idle - 1)
    let before = try await books.session(token)
    #expect(before != nil)
    fixture.clock.advance(SessionRule.idle)
    return try await books.session(token) == nil
  }

  private func passwordEndsSessions() async throws -> Bool {
    let fixture = OfficeFixture()
    let books = try await opened(fixture)
    _ = try await books.setSignIn(of: "li", password: "other", codeSecret: nil)
    return try await books.session(token) == nil
  }

  private func disabledIsOut() async throws -> Bool {
    let fixture = OfficeFixture()
    let books = try await opened(fixture)
    try await books.change("UPDATE person SET disabled_ms = 1 WHERE login = 'li'")
    return try await books.session(token) == nil
  }

  @Test("a code is good once")
  func once() async throws {
    #expect(try await codeIsGoodOnce())
    let good = try await SeededAccessBug.$planted.withValue(.codeIsGoodTwice) {
      try await codeIsGoodOnce()
    }
    #expect(!good)
  }

  @Test("an older code than one that was used is good no more, a newer one is")
  func order() async throws {
    let books = try await opened()
    #expect(try await !books.openSession(of: "li", codeStep: 9, token: Digest32(sha256: [2])))
    #expect(try await books.openSession(of: "li", codeStep: 11, token: Digest32(sha256: [3])))
    #expect(try await books.auditLines(behind: 0).map(\.outcome) == ["done", "refused", "done"])
  }

  @Test("a session ends when nobody uses it")
  func idle() async throws {
    #expect(try await sessionIdles())
    let ended = try await SeededAccessBug.$planted.withValue(.sessionNeverIdles) {
      try await sessionIdles()
    }
    #expect(!ended)
  }

  @Test("a session that is used all the time ends after twelve hours")
  func absolute() async throws {
    let books = try await opened()
    var minutes = 0
    while try await books.session(token) != nil, minutes < 2000 {
      fixture.clock.advance(10 * 60_000)
      minutes += 10
    }
    #expect(minutes == 12 * 60)
  }

  @Test("all sessions of a person end when the password changes")
  func password() async throws {
    #expect(try await passwordEndsSessions())
    let ended = try await SeededAccessBug.$planted.withValue(.sessionOutlivesPassword) {
      try await passwordEndsSessions()
    }
    #expect(!ended)
  }

  @Test("who is shut out is out at once")
  func disabled() async throws {
    #expect(try await disabledIsOut())
    let out = try await SeededAccessBug.$planted.withValue(.disabledStaysIn) {
      try await disabledIsOut()
    }
    #expect(!out)
  }

  @Test("who is shut out cannot sign in, and signing out ends a session")
  func ends() async throws {
    let books = try await opened()
    try await books.endSession(token)
    #expect(try await books.session(token) == nil)
    _ = try await books.setDisabled(true, "li")
    #expect(try await books.signInFacts(of: "li") == nil)
    #expect(try await !books.openSession(of: "li", codeStep: 99, token: token))
    _ = try await books.setDisabled(false, "li")
    #expect(try await books.signInFacts(of: "li") != nil)
  }

  @Test("people have roles that can reach so, and no others")
  func grants() async throws {
    let books = try await fixture.openStaffed()
    await #expect(throws: StoreError.self) {
      try await books.setGrant(Grant(.unitAdministrator, .everything), of: "li", isGranted: true)
    }
    await #expect(throws: StoreError.self) {
      try await books.setGrant(Grant(.bureau, .everything), of: "nobody", isGranted: true)
    }
    await #expect(throws: StoreError.self) { try await books.addPerson("li", name: "李") }
    await #expect(throws: StoreError.self) { try await books.addPerson("Li", name: "李") }
    #expect(try await books.people().map(\.login) == ["li", "wang"])
    #expect(try await books.people().first?.grants == ["systemOperator@everything"])
  }
}
