/// Swift source as tokens, as far as rewriting expressions needs to know.
///
/// A string literal is one token, whatever is interpolated into it. It does not know regular
/// expressions in slashes.
struct SwiftTokens {
  struct Token: Hashable {
    enum Kind { case word, number, text, sign, open, close }

    let kind: Kind
    let text: String
    /// In bytes of the source.
    let range: Range<Int>
    /// From 1.
    let line: Int
    let column: Int
    let isFirstOnLine: Bool
    let hasSpaceBefore: Bool
    let hasSpaceAfter: Bool

    /// Written as an operator between two operands.
    var isInfix: Bool { kind == .sign && hasSpaceBefore && hasSpaceAfter && text != ":" }
  }

  private(set) var tokens: [Token] = []

  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  private var lineStart = 0
  private var lastLine = 0

  init(_ text: String) {
    bytes = Array(text.utf8)
    while position < bytes.count { lexNext() }
  }

  private mutating func lexNext() {
    let start = position
    let byte = bytes[position]
    switch byte {
    case UInt8(ascii: "\n"):
      position += 1
      line += 1
      lineStart = position
    case UInt8(ascii: " "), UInt8(ascii: "\t"): position += 1
    case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "/"):
      while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
    case UInt8(ascii: "\""): lexString(from: start)
    case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"):
      position += 1
      add(.open, from: start)
    case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
      position += 1
      add(.close, from: start)
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      take { Self.isWord($0) }
      add(.number, from: start)
    case _ where Self.isWord(byte) || "#@$`".utf8.contains(byte):
      position += 1
      take { Self.isWord($0) || $0 == UInt8(ascii: "`") }
      add(.word, from: start)
    case UInt8(ascii: "."):
      position += 1
      take { ".<".utf8.contains($0) }
      add(.sign, from: start)
    case _ where Self.isOperator(byte):
      take { Self.isOperator($0) }
      add(.sign, from: start)
    default:
      position += 1
      add(.sign, from: start)
    }
  }

  /// A literal ends at its own quotes; an interpolation is skipped by its parentheses.
  private mutating func lexString(from start: Int) {
    let startLine = (line, lineStart)
    let isLong = peek(1) == UInt8(ascii: "\"") && peek(2) == UInt8(ascii: "\"")
    position += isLong ? 3 : 1
    var depth = 0
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\\"), peek(1) == UInt8(ascii: "(") {
        depth += 1
        position += 2
      } else if byte == UInt8(ascii: "\\") {
        position += 2
      } else if depth > 0 {
        if byte == UInt8(ascii: "(") { depth += 1 }
        if byte == UInt8(ascii: ")") { depth -= 1 }
        position += 1
      } else if byte == UInt8(ascii: "\""),
        !isLong || (peek(1) == UInt8(ascii: "\"") && peek(2) == UInt8(ascii: "\""))
      {
        position += isLong ? 3 : 1
        break
      } else {
        if byte == UInt8(ascii: "\n") {
          line += 1
          lineStart = position + 1
        }
        position += 1
      }
    }
    let end = (line, lineStart)
    (line, lineStart) = startLine
    add(.text, from: start)
    (line, lineStart) = end
    lastLine = line
  }

  private func peek(_ count: Int) -> UInt8? {
    position + count < bytes.count ? bytes[position + count] : nil
  }

  private mutating func take(while isPart: (UInt8) -> Bool) {
    while position < bytes.count, isPart(bytes[position]) { position += 1 }
  }

  private mutating func add(_ kind: Token.Kind, from start: Int) {
    let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") }
    tokens.append(
      Token(
        kind: kind, text: String(decoding: bytes[start..<position], as: UTF8.self),
        range: start..<position, line: line, column: start - lineStart + 1,
        isFirstOnLine: line != lastLine, hasSpaceBefore: start == 0 || isSpace(bytes[start - 1]),
        hasSpaceAfter: position == bytes.count || isSpace(bytes[position])))
    lastLine = line
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }

  private static func isOperator(_ byte: UInt8) -> Bool { "/=-+!*%<>&|^~?".utf8.contains(byte) }
}
