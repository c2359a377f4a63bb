/// Writes comma-separated values (RFC 4180) as spreadsheets in China open them: UTF-8 with a byte-order mark, CRLF.
package enum CommaSeparatedText {
  /// A field, quoted where it needs to be.
  ///
  /// A text that a spreadsheet would take for a formula is quoted and begins with an apostrophe (CWE-1236).
  package static func field(_ text: String) -> String {
    let isFormula = text.first.map { "=+-@\t\r".contains($0) } ?? false
    let isNumber = Double(text) != nil
    let safe = isFormula && !isNumber ? "'" + text : text
    guard safe.contains(where: { ",\"\r\n".contains($0) }) || safe != text else { return safe }
    return "\"" + safe.replacing("\"", with: "\"\"") + "\""
  }

  /// A field as it was before ``field(_:)`` made it harmless.
  static func plain(_ text: String) -> String {
    guard text.first == "'", let second = text.dropFirst().first, "=+-@".contains(second) else {
      return text
    }
    return String(text.dropFirst())
  }

  /// A file of lines whose fields are ``field(_:)``s.
  package static func file(_ lines: [[String]]) -> [UInt8] {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    return mark + lines.flatMap { Array(($0.joined(separator: ",") + "\r\n").utf8) }
  }
}
