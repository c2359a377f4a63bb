import Journal
import Testing

@testable import Laboratory

@Suite struct TwoLanesTests {
  @Test("two lanes, one account, money for one meal, one commit group: one approval each time")
  func race() async throws {
    let tally = try await TwoLanes(TwoLanes.Options(rounds: 1000, seed: 21)).series()
    #expect(tally.first == nil)
    #expect(tally.moneyRounds == 1000)
    #expect(tally.capRounds == 100)
    #expect(tally.together == 1100)
    #expect(tally.approvals.allSatisfy { $0 > 250 }, "each lane is first often enough")
  }

  #if SEEDED_BUGS
    @Test("a journal that decides before its transaction is caught within a few rounds")
    func decisionOutsideTransaction() async throws {
      let tally = try await SeededBug.$planted.withValue(.decisionOutsideTransaction) {
        try await TwoLanes(TwoLanes.Options(rounds: 20, seed: 21)).series()
      }
      #expect(tally.first?.contains("2 approvals") == true)
    }
  #endif
}
