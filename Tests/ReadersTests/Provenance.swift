/// Where the bytes of a test come from.
enum Provenance: String, Sendable {
  /// Read from real hardware and published.
  case captured
  /// A vector of a standard, a maker's document or a project's test suite.
  case published
  /// Made from the rules by the author of our reference: proves agreement with ourselves only.
  case computed
}

/// Hexadecimal text as bytes. For literals of tests: a wrong digit traps.
func hex(_ text: String) -> [UInt8] {
  let digits = text.filter { !$0.isWhitespace }
  precondition(digits.count.isMultiple(of: 2), "a hexadecimal text has whole bytes")
  return stride(from: 0, to: digits.count, by: 2).map { offset in
    let start = digits.index(digits.startIndex, offsetBy: offset)
    guard let byte = UInt8(digits[start...].prefix(2), radix: 16) else {
      preconditionFailure("not hexadecimal: \(text)")
    }
    return byte
  }
}
