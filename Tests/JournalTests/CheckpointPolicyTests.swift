import CanteenModel
import Testing

@testable import Journal

@Suite struct CheckpointPolicyTests {
  private static let meals = JournalFixture.rulebook.mealPeriods

  @Test("the log is moved when it is larger than 4 MiB, and after a meal whatever its size")
  func afterMeal() {
    var policy = CheckpointPolicy()
    let grown = 4 * 1024 * 1024
    #expect(policy.limit(in: nil, isIdle: true) == grown)
    #expect(policy.limit(in: Self.meals[0], isIdle: true) == grown)
    #expect(policy.limit(in: Self.meals[0], isIdle: true) == grown)
    #expect(policy.limit(in: nil, isIdle: true) == 0)
    #expect(policy.limit(in: nil, isIdle: true) == grown)
    #expect(policy.limit(in: Self.meals[0], isIdle: true) == grown)
    #expect(policy.limit(in: Self.meals[1], isIdle: true) == 0)
  }

  @Test("while cards come nothing is moved; the end of a meal is remembered")
  func whileCardsCome() {
    var policy = CheckpointPolicy()
    #expect(policy.limit(in: Self.meals[1], isIdle: false) == nil)
    #expect(policy.limit(in: nil, isIdle: false) == nil)
    #expect(policy.limit(in: nil, isIdle: true) == 0)
  }
}
