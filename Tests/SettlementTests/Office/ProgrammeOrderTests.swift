import CanteenModel
import Foundation
import SettlementCore
import SettlementService
import Testing

@testable import SettlementStore

@Suite(.everyStore, .namingStore) struct ProgrammeOrderTests {
  @Test(
    "the office does through the service's socket what it does in the books, with the same words")
  func socket() async throws {
    try await CentreFixture.run { centre in
      let regions = Data("编号,名称,级别,上级\n1,株洲市,市,".utf8)
      let answer = try await centre.control.programme(.importList(name: "regions", file: regions))
      let outcome = try JSONDecoder().decode(ImportOutcome.self, from: Data(answer))
      #expect(outcome == ImportOutcome(added: 1, changed: 0, unchanged: 0))
      let file = try await centre.control.programme(.exportList(name: "regions"))
      #expect(String(decoding: file, as: UTF8.self).hasSuffix("1,株洲市,市,\r\n"))
      let unknown = await #expect(throws: ControlRefusal.self) {
        _ = try await centre.control.programme(.exportList(name: "towns"))
      }
      #expect(
        unknown?.description.contains("there is no list towns; the lists are regions") == true)
      let policy = try await centre.control.programme(
        .setPolicy(file: Data(Programme.policy()), people: Programme.people()))
      #expect(
        try JSONDecoder().decode(ProgrammePolicy.self, from: Data(policy)).fee.rateBasisPoints == 50
      )
      let purpose = await #expect(throws: ControlRefusal.self) {
        _ = try await centre.control.programme(
          .match(account: .bureau, reference: "A1", purpose: "lunch", people: Programme.people()))
      }
      #expect(purpose?.description.contains("lunch is no account of the ledger") == true)
    }
  }
}
