import Testing

@testable import Laboratory

@Suite struct OrdinaryWeekTests {
  @Test(
    "in an ordinary week at most 0.05 % are refused falsely, of those with a credential to trust")
  func falseDeclines() async throws {
    let week = OrdinaryWeek(seed: 51, weeks: 1)
    let strong = try await week.result(OrdinaryWeek.kinds[0])
    #expect(strong.swipes > 40_000)
    #expect(strong.offline > 4_000)
    #expect(strong.falseMillionths <= 500, "\(strong.line("strong"))")
  }
}
