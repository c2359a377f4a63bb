import SyncProtocol

/// Which answers somebody wants (RFC 9110, section 12.5.1).
struct AcceptField {
  private struct Range {
    let type: Substring
    let subtype: Substring
    /// 0...1000.
    let weight: Int
  }

  private let ranges: [Range]

  /// - Parameter lines: The field's lines, in order. An element that is none is passed over; with no element at
  ///   all everything is wanted.
  init(_ lines: [String]) {
    ranges = lines.flatMap { $0.split(separator: ",") }.compactMap { Self.range($0) }
    saysNothing = lines.allSatisfy { $0.allSatisfy { $0 == " " || $0 == "\t" || $0 == "," } }
  }

  private let saysNothing: Bool

  /// - Returns: 0 to 1000; 0: not wanted. What is named more closely counts before what is named by `*`.
  func weight(of form: WireForm) -> Int {
    guard !saysNothing else { return 1000 }
    let name = form.mediaType.split(separator: "/")
    func best(_ isMeant: (Range) -> Bool) -> Int? { ranges.filter(isMeant).map(\.weight).max() }
    return best { $0.type == name[0] && $0.subtype == name[1] }
      ?? best { $0.type == name[0] && $0.subtype == "*" }
      ?? best { $0.type == "*" && $0.subtype == "*" } ?? 0
  }

  private static func range(_ element: Substring) -> Range? {
    let parts = element.split(separator: ";", omittingEmptySubsequences: false).map { part in
      part.filter { $0 != " " && $0 != "\t" }.lowercased()
    }
    let name = parts[0].split(separator: "/", omittingEmptySubsequences: false)
    guard name.count == 2, name.allSatisfy({ !$0.isEmpty }) else { return nil }
    var weight = 1000
    for parameter in parts.dropFirst() where parameter.hasPrefix("q=") {
      guard let said = Self.weight(parameter.dropFirst(2)) else { return nil }
      weight = said
    }
    return Range(type: name[0], subtype: name[1], weight: weight)
  }

  /// Reads `0`, `1`, or either with a point and at most three digits: a weight, in thousandths.
  private static func weight(_ text: Substring) -> Int? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts[0] == "0" || parts[0] == "1", let whole = Int(parts[0]) else { return nil }
    let digits = parts.count == 2 ? parts[1] : ""
    guard digits.count <= 3, digits.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
    let thousandths = Int(digits + String(repeating: "0", count: 3 - digits.count)) ?? 0
    let weight = whole * 1000 + thousandths
    return weight <= 1000 ? weight : nil
  }
}
