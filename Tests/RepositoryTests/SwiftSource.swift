/// A Swift file, taken apart as far as the rules need it.
struct SwiftSource: Sendable {
  /// A word, a number or one character of punctuation. A word may begin with `@` or `#`.
  struct Token: Equatable, Sendable {
    let text: String
    /// 1 or more.
    let line: Int
    /// In bytes.
    let offset: Int
  }

  /// A module that the file imports.
  struct Import: Equatable, Sendable {
    /// The top module: `Foundation` for `import struct Foundation.Data`.
    let module: String
    let line: Int
  }

  let path: String
  /// How many lines the file has.
  let length: Int
  /// The code alone; comments and literals are left out.
  let tokens: [Token]
  /// Every comment by the line it is on.
  let comments: [Int: String]
  let literals: [(offset: Int, text: String)]

  init(_ file: Checkout.File) {
    let lexer = SourceLexer(file.text)
    path = file.path
    length = file.lines.count - (file.text.hasSuffix("\n") ? 1 : 0)
    tokens = Self.tokens(of: lexer.code)
    comments = lexer.comments
    literals = lexer.literals.map { ($0.offset, $0.text) }
  }

  /// The folder below `Sources` or `Tests`, which is the target's name; `nil` elsewhere.
  var target: String? {
    let parts = path.split(separator: "/")
    guard parts.count > 2, parts[0] == "Sources" || parts[0] == "Tests" else { return nil }
    return String(parts[1])
  }

  var isProduct: Bool { path.hasPrefix("Sources/") }

  /// The imports, in the order of the file.
  var imports: [Import] {
    let kinds: Set = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
    return tokens.indices.compactMap { index in
      guard tokens[index].text == "import" else { return nil }
      let rest = tokens[(index + 1)...].prefix(2)
      let names = rest.filter { !kinds.contains($0.text) }
      return names.first.map { Import(module: $0.text, line: tokens[index].line) }
    }
  }

  private static func tokens(of code: [UInt8]) -> [Token] {
    var tokens: [Token] = []
    var line = 1
    var position = 0
    while position < code.count {
      let start = position
      if code[position] == UInt8(ascii: "\n") { line += 1 }
      position += 1
      if code[start] <= UInt8(ascii: " ") { continue }
      if isWord(code[start]) || code[start] == UInt8(ascii: "@") || code[start] == UInt8(ascii: "#")
      {
        while position < code.count, isWord(code[position]) { position += 1 }
      }
      let text = String(decoding: code[start..<position], as: UTF8.self)
      tokens.append(Token(text: text, line: line, offset: start))
    }
    return tokens
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }
}
