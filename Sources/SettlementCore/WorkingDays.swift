/// Which days people work: weekends are free, and the calendar of the year moves some days, because in China a holiday is
/// often worked off at a weekend.
package struct WorkingDays: Sendable {
  /// Local days since 1970-01-01 that are not as their weekday says, ascending.
  private let exceptions: [Int32]

  /// - Parameter exceptions: Working days that are free, and weekend days that are worked, in any order.
  package init(exceptions: [Int32] = []) {
    self.exceptions = exceptions.sorted()
  }

  /// Whether a local day, in days since 1970-01-01, is worked.
  package func isWorked(_ day: Int32) -> Bool {
    // 1970-01-01 was a Thursday: 0 is Monday.
    let weekday = ((Int(day) + 3) % 7 + 7) % 7
    return (weekday < 5) != isException(day)
  }

  /// The day itself, or the first one behind it that is worked.
  ///
  /// - Returns: The day itself where a whole month from it is free, which no calendar has.
  package func firstWorked(from day: Int32) -> Int32 {
    (day...day + 31).first { isWorked($0) } ?? day
  }

  private func isException(_ day: Int32) -> Bool {
    var (low, high) = (0, exceptions.count)
    while low < high {
      let middle = (low + high) / 2
      if exceptions[middle] < day { low = middle + 1 } else { high = middle }
    }
    return low < exceptions.count && exceptions[low] == day
  }
}
