import Testing

@testable import Laboratory

@Suite struct OfflineBoundProofTests {
  @Test("loss ≤ bound for every account, whatever terminals that decide alone are asked and fed")
  func bound() async throws {
    let proof = OfflineBoundProof(OfflineBoundProof.Options(histories: 20_000, seed: 41))
    let tally = try await proof.series(nil)
    #expect(try tally.first.map { try proof.shortest($0.number, nil).history.lines } == nil)
    #expect(tally.histories == 20_000)
    // What the proof is about must have happened.
    #expect(tally.lossy > 500 && tally.tight > 50)
  }

  @Test("a terminal that forgets what it approved is found", arguments: BoundMistake.allCases)
  func mistakes(mistake: BoundMistake) async throws {
    let proof = OfflineBoundProof(OfflineBoundProof.Options(histories: 5_000, seed: 41))
    let first = try #require(try await proof.series(mistake).first)
    let shortest = try proof.shortest(first.number, mistake)
    #expect(shortest.history.events.count <= 12, "the history that is shown is short")
  }
}
