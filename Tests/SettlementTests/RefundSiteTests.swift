import CanteenModel
import Testing

@testable import SettlementStore

@Suite(.everyStore, .namingStore, .timeLimit(.minutes(5))) struct RefundSiteTests {
  private static let steps = 80

  private static func history(seed: UInt64) async throws -> (findings: [String], refunded: Int64) {
    let site = try await RefundSite(seed: seed)
    for _ in 0..<steps { try await site.step() }
    try await site.end()
    let result = (try await site.findings(), site.refunded)
    try site.close()
    return result
  }

  @Test(
    "terminals never give one sale back twice, and whatever they gave back with the centre's word counts"
  )
  func never() async throws {
    var refunded: Int64 = 0
    for seed in 1...12 as ClosedRange<UInt64> {
      let (findings, fen) = try await Self.history(seed: seed)
      #expect(findings.isEmpty, "seed \(seed)")
      refunded += fen
    }
    // The histories give back at all.
    #expect(refunded > 0)
  }

  #if SEEDED_BUGS
    @Test(
      "a centre that forgets what it set aside for a refund, or what others gave back, is found",
      arguments: [SeededBooksBug.forgetsRefundHolds, .forgetsOtherTerminals])
    func forgetful(bug: SeededBooksBug) async throws {
      try await SeededBooksBug.$planted.withValue(bug) {
        for seed in 1...40 as ClosedRange<UInt64> {
          if try await !Self.history(seed: seed).findings.isEmpty { return }
        }
        Issue.record("40 histories, and nothing was found")
      }
    }
  #endif
}
