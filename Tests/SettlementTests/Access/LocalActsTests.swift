import CanteenModel
import Foundation
import SettlementCore
import SettlementStore
import Testing

@testable import SettlementService

/// What is typed at the centre's machine.
@Suite(.timeLimit(.minutes(4))) struct LocalActsTests {
  private static let items = Array("code,name,category,price,ceiling\n7,米饭,1,1.00,\n".utf8)

  @Test("an act at the machine is in the audit log, under the user whom the kernel names")
  func logged() async throws {
    try await CentreFixture.run { centre in
      _ = try await centre.control.importItems(Self.items)
      _ = try await centre.control.office(.people)
      _ = try await centre.control.holds()
      await #expect(throws: ControlRefusal.self) {
        try await centre.control.importItems(Array("nothing".utf8))
      }
      let lines = try await centre.books.auditLines(behind: 0)
      #expect(lines.map(\.verb) == ["items import", "person list", "items import"])
      #expect(lines.map(\.outcome) == ["done", "done", "failed"])
      #expect(lines.allSatisfy { $0.login == LocalCaller.own.word })
      #expect(try await centre.books.verifyAudit().number == 3)
    }
  }

  @Test("root is believed who is behind sudo, and nobody else")
  func sudo() {
    #expect(LocalCaller(userID: 0, sudo: 1000).word == "local:0/1000")
    #expect(LocalCaller(userID: 0, sudo: 1000).effectiveUserID == 1000)
    #expect(LocalCaller(userID: 0, sudo: nil).word == "local:0")
    #expect(LocalCaller(userID: 1001, sudo: 1000).word == "local:1001")
    #expect(LocalCaller(userID: 1001, sudo: 1000).effectiveUserID == 1001)
  }

  private func policy(_ proposer: String, _ approver: String) throws -> ProgrammeOrder {
    .setPolicy(
      file: Data(Programme.policy()), people: Programme.people(proposer, approver))
  }

  /// Zhang is the user who runs this, li and wang may sign in; nobody is called sun.
  private func namesAreHeld() async throws -> Bool {
    try await CentreFixture.run { centre in
      let control = centre.control
      for login in ["zhang", "li", "wang"] {
        _ = try await control.office(.add(login: login, name: login))
      }
      _ = try await control.office(
        .user(login: "zhang", userID: LocalCaller.own.effectiveUserID))
      for (proposer, approver) in [("li", "wang"), ("zhang", "sun")] {
        do {
          _ = try await control.programme(try policy(proposer, approver))
          return false
        } catch is ControlRefusal {
          continue
        }
      }
      _ = try await control.office(.disable(login: "wang"))
      await #expect(throws: ControlRefusal.self) {
        _ = try await control.programme(try policy("zhang", "wang"))
      }
      _ = try await control.programme(try policy("li", "zhang"))
      let outcomes = try await centre.books.auditLines(behind: 0).filter { $0.verb == "policy set" }
        .map(\.outcome)
      #expect(outcomes == ["refused", "refused", "refused", "done"])
      return true
    }
  }

  @Test("names at the machine are people who may sign in, and one of them types")
  func names() async throws {
    #expect(try await namesAreHeld())
    let held = try await SeededAccessBug.$planted.withValue(.namesAreBelieved) {
      try await namesAreHeld()
    }
    #expect(!held)
  }
}
