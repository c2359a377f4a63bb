/// A day of the calendar that people write (Gregorian, proleptic).
package struct CivilDate: Hashable, Comparable, Sendable {
  package let year: Int
  /// 1...12.
  package let month: Int
  /// 1...31.
  package let dayOfMonth: Int

  /// - Parameter day: Days since 1970-01-01.
  ///
  /// Source: Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days: years that begin
  /// in March put the leap day at their end.
  package init(day: Int32) {
    let shifted = Int64(day) + 719_468
    let era = shifted.flooredQuotient(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let fromMarch = (5 * dayOfYear + 2) / 153
    dayOfMonth = Int(dayOfYear - (153 * fromMarch + 2) / 5) + 1
    month = Int(fromMarch < 10 ? fromMarch + 3 : fromMarch - 9)
    year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
  }

  /// - Returns: `nil` for what is no day of the calendar, and outside of the years 1 to 9999.
  package init?(year: Int, month: Int, dayOfMonth: Int) {
    guard (1...9999).contains(year), (1...12).contains(month), (1...31).contains(dayOfMonth) else {
      return nil
    }
    self.init(checking: year, month, dayOfMonth)
    guard Self(day: day) == self else { return nil }
  }

  /// Reads `2026-12-31`.
  ///
  /// - Returns: `nil` for any other form, and for what is no day of the calendar.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [4, 2, 2],
      parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      let year = Int(parts[0]), let month = Int(parts[1]), let dayOfMonth = Int(parts[2])
    else { return nil }
    self.init(year: year, month: month, dayOfMonth: dayOfMonth)
  }

  private init(checking year: Int, _ month: Int, _ dayOfMonth: Int) {
    self.year = year
    self.month = month
    self.dayOfMonth = dayOfMonth
  }

  /// Days since 1970-01-01.
  ///
  /// Source: as above, days_from_civil.
  package var day: Int32 {
    let shiftedYear = Int64(month <= 2 ? year - 1 : year)
    let era = shiftedYear.flooredQuotient(by: 400)
    let yearOfEra = shiftedYear - era * 400
    let fromMarch = Int64(month > 2 ? month - 3 : month + 9)
    let dayOfYear = (153 * fromMarch + 2) / 5 + Int64(dayOfMonth) - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return Int32(era * 146_097 + dayOfEra - 719_468)
  }

  package static func < (left: Self, right: Self) -> Bool {
    (left.year, left.month, left.dayOfMonth) < (right.year, right.month, right.dayOfMonth)
  }
}

extension CivilDate: CustomStringConvertible {
  /// In the form of `2026-12-31`.
  package var description: String {
    "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(dayOfMonth, 2))"
  }

  private static func padded(_ number: Int, _ digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }
}

extension Int64 {
  /// The quotient, rounded towards minus infinity.
  package func flooredQuotient(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
