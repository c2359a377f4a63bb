import Testing

@testable import Laboratory

@Suite(.timeLimit(.minutes(3))) struct HostileLinkTests {
  @Test("on a hostile link nothing is lost, double, or believed that the centre did not say")
  func holds() async throws {
    #expect(try await HostileLinkTest.finding(of: nil, seed: 11, messages: 700) == nil)
  }

  @Test("a terminal that believes whoever signs is found", arguments: HostileMistake.allCases)
  func planted(mistake: HostileMistake) async throws {
    #expect(try await HostileLinkTest.finding(of: mistake, seed: 11) != nil)
  }

  @Test("copies and old images are noticed, and every sale is settled once")
  func copies() async throws {
    try await CopiedIdentityTest(cases: 24, seed: 11).run()
  }
}
