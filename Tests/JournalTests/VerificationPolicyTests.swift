import Testing

@testable import Journal

@Suite struct VerificationPolicyTests {
  private static let minute: Int64 = 60_000
  private static let hour: Int64 = 60 * minute

  @Test("once a day between two meals, ten minutes after the start at the earliest")
  func quiet() {
    var policy = VerificationPolicy(bootMilliseconds: 0)
    var looks: [(isDue: Bool, expected: Bool)] = []
    looks.append(
      (policy.isDue(bootMilliseconds: 9 * Self.minute, isServing: false, isIdle: true), false))
    looks.append(
      (policy.isDue(bootMilliseconds: 10 * Self.minute, isServing: false, isIdle: false), false))
    looks.append(
      (policy.isDue(bootMilliseconds: 11 * Self.minute, isServing: false, isIdle: true), true))
    looks.append(
      (policy.isDue(bootMilliseconds: 20 * Self.hour, isServing: false, isIdle: true), false))
    looks.append(
      (policy.isDue(bootMilliseconds: 21 * Self.hour, isServing: false, isIdle: true), true))
    #expect(looks.map(\.isDue) == looks.map(\.expected))
  }

  @Test("where meals never end it comes after thirty hours all the same")
  func alwaysServing() {
    var policy = VerificationPolicy(bootMilliseconds: 0)
    var looks: [(isDue: Bool, expected: Bool)] = []
    looks.append(
      (policy.isDue(bootMilliseconds: 29 * Self.hour, isServing: true, isIdle: true), false))
    looks.append(
      (policy.isDue(bootMilliseconds: 30 * Self.hour, isServing: true, isIdle: false), false))
    looks.append(
      (policy.isDue(bootMilliseconds: 30 * Self.hour, isServing: true, isIdle: true), true))
    looks.append(
      (policy.isDue(bootMilliseconds: 59 * Self.hour, isServing: true, isIdle: true), false))
    #expect(looks.map(\.isDue) == looks.map(\.expected))
  }
}
