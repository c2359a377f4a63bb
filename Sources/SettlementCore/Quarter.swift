import CanteenModel

/// A quarter of a calendar year: what units pay for, and operators are paid for (S6, S18).
package struct Quarter: Hashable, Comparable, Sendable {
  package let year: Int
  /// 1...4.
  package let number: Int

  /// - Returns: `nil` outside of the years 1 to 9998 and the numbers 1 to 4.
  package init?(year: Int, number: Int) {
    guard (1...9998).contains(year), (1...4).contains(number) else { return nil }
    self.init(checked: year, number)
  }

  /// The quarter of a local day, in days since 1970-01-01.
  package init(of day: Int32) {
    let date = CivilDate(day: day)
    self.init(checked: date.year, (date.month + 2) / 3)
  }

  /// Reads `2026Q1`.
  ///
  /// - Returns: `nil` for any other form.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "Q", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [4, 1], let year = Int(parts[0]), let number = Int(parts[1])
    else { return nil }
    self.init(year: year, number: number)
    guard description == String(text) else { return nil }
  }

  private init(checked year: Int, _ number: Int) {
    self.year = year
    self.number = number
  }

  /// In days since 1970-01-01.
  package var firstDay: Int32 { Self.day(year, number * 3 - 2) }

  /// In days since 1970-01-01.
  package var lastDay: Int32 { next.firstDay - 1 }

  package var next: Quarter {
    number == 4 ? Quarter(checked: year + 1, 1) : Quarter(checked: year, number + 1)
  }

  package var previous: Quarter {
    number == 1 ? Quarter(checked: year - 1, 4) : Quarter(checked: year, number - 1)
  }

  private static func day(_ year: Int, _ month: Int) -> Int32 {
    guard let date = CivilDate(year: year, month: month, dayOfMonth: 1) else {
      preconditionFailure("a quarter begins on a day of the calendar")
    }
    return date.day
  }

  package static func < (left: Self, right: Self) -> Bool {
    (left.year, left.number) < (right.year, right.number)
  }
}

extension Quarter: CustomStringConvertible {
  /// In the form of `2026Q1`.
  package var description: String {
    let text = String(year)
    return String(repeating: "0", count: max(0, 4 - text.utf8.count)) + text + "Q\(number)"
  }
}

extension Quarter: Codable {
  package init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let quarter = Quarter(text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "a quarter is written 2026Q1"))
    }
    self = quarter
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
