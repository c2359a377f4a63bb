import CanteenModel
import Testing

@testable import SettlementStore

@Suite(.everyStore, .namingStore, .timeLimit(.minutes(5))) struct TwoTillsTests {
  private static let steps = 60

  private static func history(seed: UInt64, isAnonymous: Bool) async throws -> (
    findings: [String], online: Int64
  ) {
    let site = try await TwoTills(seed: seed, isAnonymous: isAnonymous)
    for _ in 0..<steps { try await site.step() }
    try await site.end()
    let findings = try await site.findings()
    let online = site.tills.reduce(0) { $0 + $1.approved - $1.alone }
    try site.close()
    return (findings, online)
  }

  @Test(
    "two tills on one account never approve more online than it has, nor alone than their caps",
    arguments: [false, true])
  func bound(isAnonymous: Bool) async throws {
    for seed in 1...8 as ClosedRange<UInt64> {
      let (findings, _) = try await Self.history(seed: seed, isAnonymous: isAnonymous)
      #expect(findings.isEmpty, "seed \(seed), anonymous \(isAnonymous)")
    }
  }

  @Test("the histories of these tests spend online at all")
  func spends() async throws {
    var online: Int64 = 0
    for seed in 1...4 as ClosedRange<UInt64> {
      online += try await Self.history(seed: seed, isAnonymous: true).online
    }
    #expect(online > TwoTills.balance)
  }

  #if SEEDED_BUGS
    @Test("a centre that forgets what it set aside for others is found")
    func forgetful() async throws {
      try await SeededBooksBug.$planted.withValue(.forgetsHolds) {
        for seed in 1...40 as ClosedRange<UInt64> {
          let (findings, _) = try await Self.history(seed: seed, isAnonymous: false)
          if findings.contains(where: { $0.contains("online") }) { return }
        }
        Issue.record("40 histories, and nothing was found")
      }
    }
  #endif
}
