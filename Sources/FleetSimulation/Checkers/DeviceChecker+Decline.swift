import CanteenModel

/// Nobody is refused without a reason that holds: I15. By some rulebook that was signed, because a refusal does not
/// say which one was in force.
extension DeviceChecker {
  /// What a ledger knew when it refused somebody.
  struct Refusal {
    /// Nobody else was asked: what neighbours and the centre know is not known here.
    let isByItself: Bool
    let isFed: Bool
    let status: AccountStatus?
    let available: Int64
    let meals: Int64
    let guests: Int64
    let alone: Int64
    let aloneFen: Int64
    /// How many records wait for the centre, and of what worth the sales among them are.
    let waiting: Int
    let waitingFen: Int64
    /// Since when something waits for the centre, by record time.
    let waitsSince: Int64?
  }

  /// - Returns: What is wrong; `nil` when the reason holds.
  func wrong(_ record: RawRecord, _ refusal: Refusal, _ policy: Policy) -> String? {
    let holds: Bool
    switch record.reason {
    case 1: holds = record.account == 0
    case 2: holds = refusal.status == .closed
    case 3:
      holds =
        record.medium == 2 || policy.versions.values.contains { $0.rulebook.officialMeal == nil }
    // Of a day, and of goods: which of them somebody has had is I16's alone.
    case 5:
      holds = policy.versions.values.contains {
        $0.rulebook.dailyLimit != nil || $0.rulebook.market != nil
      }
    // Seldom, and the order of the rulebooks does not matter.
    case 4:
      holds = policy.versions.values.contains {
        refusal.meals >= $0.salesPerMeal || refusal.guests >= $0.guestsPerMeal
          || record.medium == 2
      }
    case 6:
      holds = policy.versions.values.contains {
        $0.moment(record.wall).meal == nil || record.medium == 2
      }
    case 7: holds = !refusal.isByItself || record.fen > refusal.available
    case 8: holds = refusal.status == .reportedLost
    case 9: holds = record.fen <= 0
    case 10: holds = policy.versions.values.contains { record.fen > $0.singleLimit }
    case 11: holds = !refusal.isFed
    case 16: holds = policy.versions.values.contains { needsCentre(record, refusal, $0, policy) }
    case 14, 15: holds = record.fen == 0
    // No world retires terminals.
    default: holds = false
    }
    return holds
      ? nil
      : "I15: account \(record.account) is refused \(record.fen) fen with medium \(record.medium) at \(record.wall) "
        + "for reason \(record.reason), which does not hold: \(refusal)"
  }

  private func needsCentre(
    _ record: RawRecord, _ refusal: Refusal, _ numbers: Policy.Numbers,
    _ policy: Policy
  ) -> Bool {
    guard refusal.isByItself else { return true }
    let brakes = numbers.rulebook.brakes
    let isBraked =
      refusal.waiting >= brakes.records || refusal.waitingFen >= brakes.total.value
      || (refusal.waitsSince.map { record.wall - $0 >= numbers.brakeMilliseconds } ?? false)
    let cap = policy.cap(
      Int(record.account) - 1, medium: record.medium, at: canteen, isOnly: isOnly,
      period: UInt64(numbers.moment(record.wall).slot.period), numbers)
    return isBraked || refusal.alone >= cap.approvals || refusal.aloneFen + record.fen > cap.total
  }
}
