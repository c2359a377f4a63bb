/// Finds what can be mutated in one file.
struct MutationFinder {
  private let file: String
  private let map: SyntaxMap
  private var sites: [MutationSite] = []
  /// Tokens whose operators are mutated: a condition that has one is not turned round as well.
  private var operators: Set<Int> = []

  private init(file: String, source: String) {
    self.file = file
    map = SyntaxMap(SwiftTokens(source).tokens)
  }

  /// The places of a file, in their order.
  static func sites(in source: String, of file: String) -> [MutationSite] {
    var finder = Self(file: file, source: source)
    for index in finder.map.tokens.indices where !finder.map.isInert.contains(index) {
      finder.findToken(index)
    }
    for index in finder.map.tokens.indices where !finder.map.isInert.contains(index) {
      finder.findConditions(index)
      finder.findStatement(index)
      finder.findList(index)
    }
    return finder.sites.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
  }

  private mutating func add(
    _ kind: MutationOperator, _ index: Int, _ changes: [String], _ edit: MutationSite.Edit
  ) {
    let token = map.tokens[index]
    sites.append(
      MutationSite(
        file: file, line: token.line, column: token.column, kind: kind, changes: changes,
        edit: edit))
  }

  /// Operators, literals and calls that are one token.
  private mutating func findToken(_ index: Int) {
    let token = map.tokens[index]
    let isMember = map.text(index - 1) == "."
    let isCall = map.text(index + 1) == "(" && !map.tokens[index + 1].hasSpaceBefore
    switch (token.kind, token.text) {
    case (.sign, "!") where !token.hasSpaceAfter && (token.hasSpaceBefore || isOpen(index - 1)):
      operators.insert(index)
      add(.negation, index, ["left out"], .not(token.range))
    case (.sign, _):
      guard token.isInfix, let rule = InfixRule.all[token.text] else { return }
      operators.insert(index)
      add(rule.kind, index, rule.changes.map { "\(token.text) → \($0)" }, .infix(token.range, rule))
    case (.number, let text) where !isMember:
      let changes = text == "1" ? ["1 → 2", "1 → 0"] : ["\(text) → \(text) + 1"]
      add(
        .literal, index, changes,
        .wrap(token.range, before: "mutantInteger(%, ", after: ")"))
    case (.word, "true"), (.word, "false"):
      add(
        .literal, index, [token.text == "true" ? "true → false" : "false → true"],
        .wrap(token.range, before: "mutantTurned(%, ", after: ")"))
    case (.word, "min"), (.word, "max"):
      guard !isMember, isCall else { return }
      let other = token.text == "min" ? "max" : "min"
      let range = token.range.lowerBound..<map.tokens[index + 1].range.upperBound
      add(
        .extremum, index, ["\(token.text) → \(other)"],
        .replace(range, with: token.text == "min" ? "mutantLeast(%, " : "mutantMost(%, "))
    case (.word, "filter"), (.word, "sorted"), (.word, "prefix"), (.word, "reversed"):
      guard isMember else { return }
      findSequence(index, isCall: isCall)
    default: break
    }
  }

  private mutating func findSequence(_ index: Int, isCall: Bool) {
    let token = map.tokens[index]
    let name = "mutant" + token.text.prefix(1).uppercased() + token.text.dropFirst()
    let hasArguments = isCall && map.text(index + 2) != ")"
    guard isCall || map.text(index + 1) == "{" else { return }
    var range = token.range
    var text = "\(name)(%)"
    if isCall {
      range = range.lowerBound..<map.tokens[index + 1].range.upperBound
      text = hasArguments ? "\(name)(%, " : "\(name)(%"
    }
    add(.sequence, index, [".\(token.text) left out"], .replace(range, with: text))
  }

  private func isOpen(_ index: Int) -> Bool {
    map.tokens.indices.contains(index) && map.tokens[index].kind == .open
  }

  /// The conditions of `if`, `guard`, `while`, a loop's `where` and `? :`.
  private mutating func findConditions(_ index: Int) {
    let token = map.tokens[index]
    if token.text == "?", token.hasSpaceBefore, token.hasSpaceAfter {
      turn(conditionStart(before: index), index)
      return
    }
    guard token.kind == .word, ["if", "guard", "while", "where"].contains(token.text) else {
      return
    }
    var start = index + 1
    while start < map.tokens.count {
      let end = map.end(from: start) { [",", "{", "else"].contains(map.text($0)) }
      if !["let", "var", "case"].contains(map.text(start)), !map.text(start).hasPrefix("#") {
        turn(start, end)
      }
      guard map.text(end) == "," else { return }
      start = end + 1
    }
  }

  private func conditionStart(before end: Int) -> Int {
    var start = end
    while start > 0 {
      let before = start - 1
      let token = map.tokens[before]
      if token.kind == .close, let open = map.partner[before] {
        start = open
        continue
      }
      if token.kind == .open || ["=", "return", ",", ":", "in", "?", "try"].contains(token.text) {
        break
      }
      if map.labelColons.contains(before) { break }
      start = before
    }
    return start
  }

  private mutating func turn(_ start: Int, _ end: Int) {
    guard start < end, !operators.contains(where: { (start..<end).contains($0) }) else { return }
    let range = map.tokens[start].range.lowerBound..<map.tokens[end - 1].range.upperBound
    add(
      .condition, start, ["turned round"],
      .wrap(range, before: "mutantTurned(%, ", after: ")"))
  }

  /// A list with something in it that is the value of a function or of a case.
  private mutating func findList(_ index: Int) {
    guard map.text(index) == "[", let end = map.partner[index], end > index + 1,
      map.text(index + 1) != ":"
    else { return }
    guard map.text(index - 1) == "return" || map.labelColons.contains(index - 1) else { return }
    guard map.tokens.indices.contains(end + 1) else { return }
    let next = map.tokens[end + 1]
    guard next.isFirstOnLine || next.text == "}" else { return }
    let range = map.tokens[index].range.lowerBound..<map.tokens[end].range.upperBound
    add(.list, index, ["empty"], .wrap(range, before: "mutantEmptied(%, ", after: ")"))
  }
}

// MARK: - Statements

extension MutationFinder {
  private static let keywords: Set = [
    "return", "if", "guard", "let", "var", "for", "while", "switch", "case", "default", "throw",
    "do", "func", "init", "struct", "enum", "extension", "package", "private", "fileprivate",
    "static", "mutating", "else", "catch", "in", "break", "continue", "repeat", "defer", "where",
    "fatalError", "preconditionFailure", "super", "import", "public", "internal", "is", "as",
    "some", "any", "nil", "true", "false", "await", "consuming", "nonisolated", "final",
  ]
  /// Calls that are made for what they change, also where they are the last of a body.
  private static let changers: Set = [
    "append", "insert", "remove", "removeAll", "removeFirst", "removeLast", "removeSubrange",
    "removeValue", "formUnion", "sort", "reverse",
  ]

  private mutating func findStatement(_ index: Int) {
    let token = map.tokens[index]
    guard token.kind == .word, !Self.keywords.contains(token.text), isStatement(index),
      map.innerBody(index) == .function
    else { return }
    let end = map.end(from: index + 1) { isNewStatement($0) || map.text($0) == ";" }
    guard isRemovable(index, end) else { return }
    let range = token.range.lowerBound..<map.tokens[end - 1].range.upperBound
    add(
      .statement, index, ["left out"],
      .wrap(range, before: "if mutantKeeps(%) { ", after: " }"))
  }

  /// Whether a token begins a statement.
  private func isStatement(_ index: Int) -> Bool {
    guard let opener = map.opener[index], map.text(opener) == "{" else { return false }
    if index - 1 == opener { return !map.isSignature(index) }
    return map.labelColons.contains(index - 1) || isNewStatement(index)
  }

  private func isNewStatement(_ index: Int) -> Bool {
    let token = map.tokens[index]
    let before = map.tokens[index - 1]
    guard token.isFirstOnLine, !token.isInfix, token.text != ".", token.text != ":" else {
      return false
    }
    if before.isInfix || [",", ".", "=", ":"].contains(before.text) { return false }
    return !["return", "in", "else", "try"].contains(before.text) && before.kind != .open
  }

  /// An assignment to what has a value already, or a call whose value nobody takes.
  private func isRemovable(_ start: Int, _ end: Int) -> Bool {
    var index = map.text(start) == "try" ? start + 1 : start
    let first = map.text(index)
    guard !Self.keywords.contains(first), first != "self" || map.text(index + 2) != "init" else {
      return false
    }
    var called: String?
    while index < end {
      let text = map.text(index)
      if ["=", "+=", "-="].contains(text), map.tokens[index].isInfix {
        return !map.deferred.contains(first)
      }
      if map.tokens[index].isInfix { return false }
      if text == "(" || text == "{", called == nil { called = map.text(index - 1) }
      index = map.after(index)
    }
    guard let called else { return false }
    if Self.changers.contains(called) { return true }
    let isFollowed = map.tokens.indices.contains(end) && map.tokens[end].kind != .close
    return isFollowed && !map.labelColons.contains(start - 1)
      && map.text(start - 1) != "in"
  }
}
