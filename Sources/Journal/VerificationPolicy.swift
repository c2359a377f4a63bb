/// When the whole ledger is verified by itself: once a day, while no meal is served. A terminal that is
/// switched off at night is verified between two meals.
package struct VerificationPolicy: Sendable {
  /// Not while the terminal has only just begun: 10 minutes.
  private static let settling: Int64 = 600_000
  /// 20 hours: the same quiet hour comes round again.
  private static let interval: Int64 = 72_000_000
  /// 30 hours: then it is verified also during a meal, between the cards.
  private static let longest: Int64 = 108_000_000

  private let startedAtBoot: Int64
  private var lastAtBoot: Int64?

  /// - Parameter bootMilliseconds: When the ledger was opened.
  package init(bootMilliseconds: Int64) {
    startedAtBoot = bootMilliseconds
  }

  /// Looks at the moment. A verification that is due counts as done.
  package mutating func isDue(
    bootMilliseconds now: Int64, isServing: Bool, isIdle: Bool
  ) -> Bool {
    guard isIdle, now - startedAtBoot >= Self.settling else { return false }
    let age = now - (lastAtBoot ?? startedAtBoot)
    let isDue = isServing ? age >= Self.longest : lastAtBoot == nil || age >= Self.interval
    if isDue { lastAtBoot = now }
    return isDue
  }
}
