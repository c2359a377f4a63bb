import CanteenModel

/// A quarter as statements write it.
struct StatementQuarter: CustomStringConvertible {
  let year: Int
  /// 1...4.
  let number: Int

  init?(_ text: String) {
    let digits = text.utf8.map { Int($0) - 48 }
    guard digits.count == 6, text.utf8.dropFirst(4).first == UInt8(ascii: "Q"),
      (digits[0..<4] + digits[5...]).allSatisfy({ (0...9).contains($0) }),
      (1...4).contains(digits[5])
    else { return nil }
    year = digits[0..<4].reduce(0) { $0 * 10 + $1 }
    number = digits[5]
  }

  init(of day: Int32) {
    let date = CivilDate(day: day)
    year = date.year
    number = (date.month - 1) / 3 + 1
  }

  /// In days since 1970-01-01.
  var lastDay: Int32 {
    let next = number == 4 ? (year + 1, 1) : (year, number * 3 + 1)
    let first = CivilDate(year: next.0, month: next.1, dayOfMonth: 1)
    return (first?.day ?? Int32.max) - 1
  }

  var description: String { "\(year)Q\(number)" }
}
