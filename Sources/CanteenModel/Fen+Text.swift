extension Fen: CustomStringConvertible {
  /// Yuan with two decimals and grouped thousands, for people: `¥4,655.00`, `-¥0.05`.
  package var description: String {
    let magnitude = value.magnitude
    let cents = magnitude % 100
    let sign = value < 0 ? "-" : ""
    return sign + "¥" + Self.grouped(magnitude / 100) + "." + (cents < 10 ? "0" : "") + "\(cents)"
  }

  /// Yuan with two decimals and nothing else, for files: `4655.00`.
  package var plainYuan: String {
    let magnitude = value.magnitude
    let cents = magnitude % 100
    return (value < 0 ? "-" : "") + "\(magnitude / 100)." + (cents < 10 ? "0" : "") + "\(cents)"
  }

  /// Reads yuan: `15`, `15.5`, `15.00`, with an optional leading `¥` or `-`.
  ///
  /// - Throws: ``MoneyError/notAnAmount`` for anything else, ``MoneyError/overflow`` when it is too large.
  package init(yuan text: some StringProtocol) throws(MoneyError) {
    var rest = Substring(text)
    let isNegative = rest.first == "-"
    if isNegative { rest.removeFirst() }
    if rest.first == "¥" { rest.removeFirst() }
    let parts = rest.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let isPlain = parts.allSatisfy { part in
      part.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }
    guard isPlain, let whole = parts.first, !whole.isEmpty else { throw .notAnAmount }
    var cents = parts.count == 2 ? parts[1] : "00"
    guard (1...2).contains(cents.utf8.count) else { throw .notAnAmount }
    if cents.utf8.count == 1 { cents += "0" }
    guard let fen = Int64("\(whole)\(cents)") else { throw .overflow }
    self.init(isNegative ? -fen : fen)
  }

  private static func grouped(_ number: UInt64) -> String {
    var digits = String(number)
    var position = digits.count - 3
    while position > 0 {
      digits.insert(",", at: digits.index(digits.startIndex, offsetBy: position))
      position -= 3
    }
    return digits
  }
}
