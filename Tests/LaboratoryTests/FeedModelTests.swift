import Testing

@testable import Laboratory

@Suite struct FeedModelTests {
  @Test("available is the centre's balance minus exactly the own sales that it does not include")
  func model() async throws {
    let options = FeedModelTest.Options(histories: 8, steps: 250, seed: 31)
    let (tally, first) = try await FeedModelTest(options).series(nil)
    #expect(
      first.map { "history \($0.number): \($0.what)\n\($0.trace.joined(separator: "\n"))" } == nil)
    #expect(tally.steps == 2000)
    // What the model is about must have happened.
    #expect(tally.sales > 200)
    #expect(tally.corrections > 10)
    #expect(tally.acks > 80)
    #expect(tally.pages > 60)
    #expect(tally.epochs > 0 && tally.branches > 0 && tally.restoredCentres > 0)
    #expect(tally.suspenseFen > 0)
  }

  @Test(
    "a terminal that takes something else for what a row includes is found",
    arguments: FeedMistake.allCases)
  func mistakes(mistake: FeedMistake) async throws {
    let options = FeedModelTest.Options(
      histories: FeedModelTest.mistakeHistories, steps: 250, seed: 1)
    #expect(try await FeedModelTest(options).series(mistake).first != nil)
  }
}
