/// Nobody is refused without a reason that holds: I15. By some rulebook that was signed, because a refusal does not
/// say which one was in force.
extension DeviceChecker {
  /// What a ledger knew when it refused somebody.
  struct Refusal {
    let isHome: Bool
    /// Nobody else was asked: what neighbours and the centre know is not known here.
    let isByItself: Bool
    let isFed: Bool
    let isLost: Bool
    let available: Int64
    let meals: Int64
    let guests: Int64
    let alone: Int64
    let aloneFen: Int64
    /// Since when something waits for the centre, by record time.
    let waitsSince: Int64?
  }

  /// - Returns: What is wrong; `nil` when the reason holds.
  func wrong(_ record: RawRecord, _ refusal: Refusal, _ policy: Policy) -> String? {
    let holds: Bool
    switch record.reason {
    case 1: holds = record.account == 0
    // Seldom, and the order of the rulebooks does not matter.
    case 4:
      holds = policy.versions.values.contains {
        refusal.meals >= $0.salesPerMeal || refusal.guests >= $0.guestsPerMeal
      }
    case 6:
      holds = policy.versions.values.contains { Policy.slot(at: record.wall, $0).period == 0 }
    case 7: holds = !refusal.isByItself || record.fen > refusal.available
    case 8: holds = refusal.isLost
    case 9: holds = record.fen <= 0
    case 10: holds = policy.versions.values.contains { record.fen > $0.singleLimit }
    case 11: holds = !refusal.isFed
    case 16: holds = policy.versions.values.contains { needsCentre(record, refusal, $0) }
    // No world closes accounts or retires terminals, has daily limits, items or vouchers.
    default: holds = false
    }
    return holds
      ? nil
      : "I15: account \(record.account) is refused \(record.fen) fen with medium \(record.medium) at \(record.wall) "
        + "for reason \(record.reason), which does not hold: \(refusal)"
  }

  private func needsCentre(
    _ record: RawRecord, _ refusal: Refusal, _ numbers: Policy.Numbers
  ) -> Bool {
    guard refusal.isByItself else { return true }
    let isBraked = refusal.waitsSince.map { record.wall - $0 >= numbers.brakeMilliseconds } ?? false
    let cap = Policy.cap(
      trust: Policy.trust(ofMedium: record.medium, numbers), isHome: refusal.isHome, isOnly: isOnly,
      period: Policy.slot(at: record.wall, numbers).period, numbers)
    return isBraked || refusal.alone >= cap.approvals || refusal.aloneFen + record.fen > cap.total
  }
}
