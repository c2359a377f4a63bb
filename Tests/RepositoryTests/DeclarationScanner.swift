/// Finds the declarations of a file by keywords and braces.
///
/// It is no parser: it relies on the file being one that the compiler and `swift format` accept.
struct DeclarationScanner {
  private static let modifierWords: Set = [
    "package", "public", "open", "internal", "private", "fileprivate", "static", "final",
    "mutating", "nonmutating", "consuming", "borrowing", "override", "required", "convenience",
    "nonisolated",
    "isolated", "indirect", "lazy", "weak", "unowned", "unsafe", "prefix", "postfix", "infix",
    "distributed",
  ]

  private struct Scope {
    /// The index of the declaration that the brace belongs to; `nil` for any other brace.
    let declaration: Int?
    let kind: Declaration.Kind?
    let parentheses: Int
    let firstToken: Int
    /// A declaration whose header goes on after this brace: a closure stands in its parameters.
    let suspended: Int?
  }

  private let tokens: [SwiftSource.Token]
  private var found: [Declaration] = []
  private var scopes: [Scope] = []
  private var parentheses = 0
  private var modifiers: [String] = []
  private var firstLine: Int?
  /// A declaration whose body has not come yet.
  private var pending: Int?

  private init(_ tokens: [SwiftSource.Token]) {
    self.tokens = tokens
  }

  static func declarations(in source: SwiftSource) -> [Declaration] {
    var scanner = DeclarationScanner(source.tokens)
    for index in source.tokens.indices { scanner.take(index) }
    return scanner.found
  }

  private mutating func take(_ index: Int) {
    let token = tokens[index]
    if let declaration = pending, found[declaration].kind == .variable,
      token.line != tokens[index - 1].line, parentheses == (scopes.last?.parentheses ?? 0),
      token.text != "{"
    {
      pending = nil  // a stored property ends with its line
    }
    switch token.text {
    case "(", "[":
      parentheses += 1
      extendHeader(token)
    case ")", "]":
      parentheses -= 1
      extendHeader(token)
    case "{": open(index)
    case "}": close(index)
    default:
      guard parentheses == (scopes.last?.parentheses ?? 0) else { return extendHeader(token) }
      word(index)
    }
  }

  private mutating func extendHeader(_ token: SwiftSource.Token) {
    if let pending { found[pending].header.append(token.text) }
  }

  private mutating func word(_ index: Int) {
    let token = tokens[index]
    if let kind = kind(at: index) {
      declare(kind, at: index)
    } else if Self.modifierWords.contains(token.text) || token.text.hasPrefix("@")
      || token.text == "class"
    {
      if firstLine == nil { firstLine = token.line }
      modifiers.append(token.text)
    } else {
      if token.text == "=", let declaration = pending, found[declaration].kind == .variable {
        pending = nil
      }
      if ["case", "associatedtype", "let"].contains(token.text) { pending = nil }
      extendHeader(token)
      forgetModifiers()
    }
  }

  private func kind(at index: Int) -> Declaration.Kind? {
    guard let kind = Declaration.Kind(rawValue: tokens[index].text) else { return nil }
    let before = index > 0 ? tokens[index - 1].text : ""
    let after = index + 1 < tokens.count ? tokens[index + 1].text : ""
    guard before != ".", before != "import", before != "`" else { return nil }
    let isMember = scopes.isEmpty || scopes.last?.kind?.isFunction == false
    switch kind {
    case .classType:
      let members: Set = ["func", "var", "let", "init", "subscript", "static"]
      return members.contains(after) || before == ":" ? nil : kind
    case .actor:
      let isName = after.first.map { $0.isLetter } ?? false
      let begins = index == 0 || tokens[index].line != tokens[index - 1].line
      return isName && (begins || !modifiers.isEmpty) ? kind : nil
    case .initialiser, .deinitialiser, .subscript, .variable:
      return isMember ? kind : nil
    default: return kind
    }
  }

  private mutating func declare(_ kind: Declaration.Kind, at index: Int) {
    let line = tokens[index].line
    var name = kind.rawValue
    if kind != .initialiser, kind != .deinitialiser, kind != .subscript {
      let rest = tokens[(index + 1)...]
      if let first = rest.first, first.text.first.map({ $0.isLetter || $0 == "_" }) ?? false {
        name = first.text
      } else {
        name = rest.prefix { $0.text != "(" && $0.text != "{" }.map(\.text).joined()
      }
    }
    found.append(
      Declaration(
        kind: kind, name: name, modifiers: Set(modifiers), parent: scopes.last?.kind,
        firstLine: firstLine ?? line, line: line, lastLine: line))
    pending = kind == .typealias ? nil : found.count - 1
    forgetModifiers()
  }

  private mutating func open(_ index: Int) {
    let isBody = parentheses == (scopes.last?.parentheses ?? 0)
    let declaration = isBody ? pending : nil
    let suspended = isBody ? nil : pending
    pending = nil
    let kind = declaration.map { found[$0].kind }
    scopes.append(
      Scope(
        declaration: declaration, kind: kind ?? (scopes.isEmpty ? nil : .function),
        parentheses: parentheses, firstToken: index + 1, suspended: suspended))
    forgetModifiers()
  }

  private mutating func close(_ index: Int) {
    guard let scope = scopes.popLast() else { return }
    parentheses = scope.parentheses
    pending = scope.suspended
    if let declaration = scope.declaration {
      found[declaration].lastLine = tokens[index].line
      found[declaration].body = scope.firstToken..<index
    }
    forgetModifiers()
  }

  private mutating func forgetModifiers() {
    modifiers = []
    firstLine = nil
  }
}
