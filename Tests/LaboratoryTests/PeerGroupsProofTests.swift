import Testing

@testable import Laboratory

@Suite struct PeerGroupsProofTests {
  @Test(
    "the terminals of a canteen keep their bound together, however their network breaks and heals")
  func bound() async throws {
    let proof = PeerGroupsProof(PeerGroupsProof.Options(histories: 20_000, seed: 41))
    let tally = try await proof.series(nil)
    #expect(try tally.first.map { try proof.shortest($0.number, nil).history.lines } == nil)
    #expect(tally.histories == 20_000)
    // What the proof is about must have happened.
    #expect(tally.inGroup > 10_000 && tally.tight > 50)
  }

  @Test("a mistake in how terminals reserve is found", arguments: PeerMistake.allCases)
  func mistakes(mistake: PeerMistake) async throws {
    let proof = PeerGroupsProof(
      PeerGroupsProof.Options(histories: PeerGroupsProof.mistakeHistories, seed: 41))
    let first = try #require(try await proof.series(mistake).first)
    let shortest = try proof.shortest(first.number, mistake)
    #expect(shortest.history.events.count <= 14, "the history that is shown is short")
  }
}
