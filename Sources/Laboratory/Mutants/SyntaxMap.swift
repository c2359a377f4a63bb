/// What surrounds each token of a file: its brackets, and whether it is a part of an expression.
struct SyntaxMap {
  /// What an opening brace opens, as far as it matters.
  enum Body { case type, enumeration, initialiser, function, choice }

  let tokens: [SwiftTokens.Token]
  /// The other bracket of a bracket.
  private(set) var partner: [Int: Int] = [:]
  /// The innermost opening bracket around a token, by index.
  private(set) var opener: [Int?] = []
  /// What the innermost brace is, by the index of the opening brace.
  private(set) var body: [Int: Body] = [:]
  /// Tokens of patterns, clauses, attributes and names of operators.
  private(set) var isInert: Set<Int> = []
  /// The colons behind the labels of a `switch`.
  private(set) var labelColons: Set<Int> = []
  /// Names that are declared without a value: their first assignment cannot be left out.
  private(set) var deferred: Set<String> = []

  init(_ tokens: [SwiftTokens.Token]) {
    self.tokens = tokens
    matchBrackets()
    nameBodies()
    markInert()
    findDeferred()
  }

  func text(_ index: Int) -> String {
    tokens.indices.contains(index) ? tokens[index].text : ""
  }

  /// The index behind a token, or behind the bracket that closes with it.
  func after(_ index: Int) -> Int { (partner[index].map { max($0, index) } ?? index) + 1 }

  /// The first token from one on, brackets skipped, that ends it or closes what is around it.
  func end(from start: Int, where isEnd: (Int) -> Bool) -> Int {
    var index = start
    while index < tokens.count, tokens[index].kind != .close, !isEnd(index) {
      index = after(index)
    }
    return index
  }

  /// Whether a token, the first in braces, begins the parameters of a closure.
  func isSignature(_ index: Int) -> Bool {
    let end = end(from: index) { tokens[$0].isFirstOnLine && $0 > index || text($0) == "in" }
    return text(end) == "in"
  }

  /// What a token is in, apart from a `switch`.
  func innerBody(_ index: Int) -> Body? {
    var brace = opener[index]
    while let found = brace {
      if let body = body[found], body != .choice { return body }
      brace = opener[found]
    }
    return nil
  }

  private mutating func matchBrackets() {
    var open: [Int] = []
    for (index, token) in tokens.enumerated() {
      if token.kind == .close, let last = open.popLast() {
        partner[last] = index
        partner[index] = last
      }
      opener.append(open.last)
      if token.kind == .open { open.append(index) }
    }
  }

  private mutating func nameBodies() {
    var pending: Body?
    for (index, token) in tokens.enumerated() {
      let isMember = text(index - 1) == "."
      switch token.text {
      case "struct", "class", "extension", "actor", "protocol": pending = .type
      case "enum": pending = .enumeration
      case "init" where !isMember: pending = .initialiser
      case "func", "subscript": pending = .function
      case "switch": pending = .choice
      case "{":
        if opener[index].map({ tokens[$0].text == "{" }) ?? true {
          body[index] = pending ?? innerBody(index)
          pending = nil
        }
      default: break
      }
    }
  }

  private mutating func markInert() {
    for (index, token) in tokens.enumerated() where token.kind == .word {
      switch token.text {
      case "func" where text(index + 1) != "" && tokens[index + 1].kind == .sign:
        isInert.insert(index + 1)
      case "case" where ["if", "guard", "while", ",", "for"].contains(text(index - 1)):
        mark(index, end(from: index) { text($0) == "=" || text($0) == "in" })
      case "case", "default":
        if let brace = opener[index], body[brace] == .enumeration {
          mark(index, end(from: index + 1) { tokens[$0].isFirstOnLine })
        } else {
          let colon = end(from: index + 1) { text($0) == ":" }
          mark(index, colon)
          labelColons.insert(colon)
        }
      case "where" where !isOfLoop(index):
        mark(index, end(from: index) { text($0) == "{" })
      case "import", "typealias", "associatedtype", "infix", "prefix", "precedencegroup":
        mark(index, end(from: index + 1) { tokens[$0].isFirstOnLine })
      case _ where token.text.hasPrefix("@") || token.text.hasPrefix("#"):
        if text(index + 1) == "(", !tokens[index + 1].hasSpaceBefore {
          mark(index, after(index + 1))
        }
      default: break
      }
    }
  }

  private mutating func mark(_ start: Int, _ end: Int) {
    isInert.formUnion(start..<max(start, min(end, tokens.count)))
  }

  /// Whether a `where` belongs to a `for`.
  private func isOfLoop(_ index: Int) -> Bool {
    var start = index
    while start > 0, !tokens[start].isFirstOnLine { start -= 1 }
    return tokens[start..<index].contains { $0.text == "for" }
  }

  private mutating func findDeferred() {
    for (index, token) in tokens.enumerated() where ["let", "var"].contains(token.text) {
      guard text(index + 2) == ":" else { continue }
      let end = end(from: index + 3) { tokens[$0].isFirstOnLine || ["=", "{"].contains(text($0)) }
      if !["=", "{"].contains(text(end)) { deferred.insert(text(index + 1)) }
    }
  }
}
