/// The fingerprint of a set of rows, whatever their order: two sides that made the same rows have the
/// same one, and two that did not have another in all but one of 2^64 cases.
///
/// It finds what went wrong, not what somebody forged: forgers do not get past the chain.
struct RowFingerprint: Hashable, Sendable {
  private(set) var rows = 0
  private var sum: UInt64 = 0

  /// Adds a row; `times` counts a row that stands for several equal ones.
  mutating func add(_ columns: [Int64], times: Int64 = 1) {
    var hasher = Hasher()
    hasher.combine(columns)
    sum &+= UInt64(bitPattern: Int64(hasher.finalize())) &* UInt64(bitPattern: times)
    rows += 1
  }

  /// Whether both hold the same, also when one side added it in fewer rows.
  func isSameSum(as other: RowFingerprint) -> Bool { sum == other.sum }
}
