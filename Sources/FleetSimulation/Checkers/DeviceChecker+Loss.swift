import CanteenModel

/// What the loss checker asks of a ledger.
extension DeviceChecker {
  /// What the ledger may have approved of an account beyond what the centre told it.
  func exposure(of account: Int, _ policy: Policy) -> LossChecker.Exposure {
    var exposure = LossChecker.Exposure()
    for tranche in fedRow(of: account)?.tranches ?? [] {
      exposure.balance += Swift.max(0, tranche.amount.value)
    }
    for (head, record) in ownRecords(of: account) {
      exposure.alone.append((head, Self.alone(record)))
      guard record.kind == .sale, record.place != 1, record.total > 0,
        let numbers = policy.versions[record.rulebook]
      else { continue }
      let cap = policy.cap(
        account, medium: record.medium, at: canteen, isOnly: isOnly || record.place == 2,
        period: record.period, numbers)
      exposure.raise(day: record.day, period: record.period, to: cap.total)
    }
    return exposure
  }

  /// What the ledger took of each account behind a place and no fed row includes.
  func unfed(behind place: UInt64) -> [(account: Int, fen: Int64)] {
    ownRecords(behind: place).filter { $0.kind == .sale && $0.account > 0 }
      .map { (Int($0.account) - 1, $0.total) }
  }

  /// What no hold paid; corrections are negative.
  static func alone(_ record: RawRecord) -> Int64 {
    record.kind == .sale ? record.total - record.held : -record.total
  }
}
