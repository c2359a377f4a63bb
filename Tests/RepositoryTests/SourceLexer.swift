/// Separates Swift code from what only looks like code: comments and the text of string literals.
///
/// It knows `//`, nested `/* */`, `"…"`, `"""…"""`, both with any number of `#`, interpolation
/// (whose inside is code again) and `#/…/#`. It does not know a regular expression in bare slashes:
/// the house writes those with `#`.
struct SourceLexer {
  /// A string literal without interpolation's insides.
  struct Literal: Equatable {
    /// Of the opening quote or the first `#`, in bytes.
    let offset: Int
    let text: String
  }

  /// The code, with spaces in place of comments and literals. Line breaks and offsets are kept.
  private(set) var code: [UInt8]
  /// Every comment by the line it is on; a block comment is on each line that it covers.
  private(set) var comments: [Int: String] = [:]
  private(set) var literals: [Literal] = []

  private let bytes: [UInt8]
  private var position = 0
  private var line = 1

  init(_ text: String) {
    bytes = Array(text.utf8)
    code = bytes
    lexCode(isInterpolation: false)
  }

  /// Runs to the end of the text, or past the parenthesis that ends an interpolation.
  private mutating func lexCode(isInterpolation: Bool) {
    var parentheses = 0
    while position < bytes.count {
      if starts(with: "//") {
        lexLineComment()
      } else if starts(with: "/*") {
        lexBlockComment()
      } else if let hashes = hashesBefore("\"") {
        lexString(hashes: hashes)
      } else if let hashes = hashesBefore("/"), hashes > 0 {
        lexRegularExpression(hashes: hashes)
      } else {
        switch bytes[position] {
        case UInt8(ascii: "("): parentheses += 1
        case UInt8(ascii: ")"): parentheses -= 1
        default: break
        }
        if isInterpolation, parentheses < 0 { return blank(1) }
        keep(1)
      }
    }
  }

  private mutating func lexLineComment() {
    let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    note(position..<end)
    blank(end - position)
  }

  private mutating func lexBlockComment() {
    var depth = 0
    var start = position
    repeat {
      if starts(with: "/*") {
        depth += 1
        blank(2)
      } else if starts(with: "*/") {
        depth -= 1
        blank(2)
      } else {
        if bytes[position] == UInt8(ascii: "\n") {
          note(start..<position)
          start = position + 1
        }
        blank(1)
      }
    } while depth > 0 && position < bytes.count
    note(start..<position)
  }

  private mutating func lexString(hashes: Int) {
    let opening = position
    blank(hashes)
    let isLong = starts(with: "\"\"\"")
    let closing = (isLong ? "\"\"\"" : "\"") + String(repeating: "#", count: hashes)
    let escape = "\\" + String(repeating: "#", count: hashes)
    blank(isLong ? 3 : 1)
    var text: [UInt8] = []
    while position < bytes.count, !starts(with: closing) {
      if starts(with: escape + "(") {
        blank(escape.utf8.count + 1)
        lexCode(isInterpolation: true)
      } else if starts(with: escape) {
        text += bytes[position..<min(position + escape.utf8.count + 1, bytes.count)]
        blank(escape.utf8.count + 1)
      } else {
        if bytes[position] == UInt8(ascii: "\n"), !isLong { break }  // not closed: not Swift
        text.append(bytes[position])
        blank(1)
      }
    }
    blank(closing.utf8.count)
    literals.append(Literal(offset: opening, text: String(decoding: text, as: UTF8.self)))
  }

  private mutating func lexRegularExpression(hashes: Int) {
    blank(hashes + 1)
    let closing = "/" + String(repeating: "#", count: hashes)
    while position < bytes.count, !starts(with: closing) { blank(1) }
    blank(closing.utf8.count)
  }

  /// How many `#` stand here in front of a character; `nil` when something else follows.
  private func hashesBefore(_ character: Unicode.Scalar) -> Int? {
    var end = position
    while end < bytes.count, bytes[end] == UInt8(ascii: "#") { end += 1 }
    guard end < bytes.count, bytes[end] == UInt8(ascii: character) else { return nil }
    return end - position
  }

  private func starts(with text: String) -> Bool {
    let end = position + text.utf8.count
    return end <= bytes.count && bytes[position..<end].elementsEqual(text.utf8)
  }

  private mutating func note(_ range: Range<Int>) {
    comments[line, default: ""] += String(decoding: bytes[range], as: UTF8.self)
  }

  private mutating func keep(_ count: Int) {
    for _ in 0..<count where position < bytes.count {
      if bytes[position] == UInt8(ascii: "\n") { line += 1 }
      position += 1
    }
  }

  private mutating func blank(_ count: Int) {
    for _ in 0..<count where position < bytes.count {
      if bytes[position] != UInt8(ascii: "\n") { code[position] = UInt8(ascii: " ") }
      keep(1)
    }
  }
}
