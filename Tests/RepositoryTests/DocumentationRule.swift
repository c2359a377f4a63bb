/// What another target can use says in a `///` comment what the compiler cannot.
///
/// It asks for one on every `package` or `public`
/// - type, protocol and type alias, unless it is nested in a type: `Lane.Event` is explained there;
/// - function and subscript, and every function that a protocol of those requires;
/// - initialiser that can fail or does more than to fill the properties.
///
/// It leaves alone properties and cases, whose type has a comment (a unit or a range belongs on them
/// all the same), operators, and functions that a protocol asks for: the comment is at the protocol.
enum DocumentationRule {
  /// What protocols of other packages ask for by name.
  private static let witnesses: Set = [
    "hash(into:)", "encode(to:)", "next()", "makeIterator()", "run()", "handle(_:context:next:)",
  ]

  static func findings(in checkout: Checkout) -> [Finding] {
    let lines = Dictionary(uniqueKeysWithValues: checkout.files.map { ($0.path, $0.lines) })
    let sources = checkout.swift.filter(\.isProduct).map { source in
      (source, DeclarationScanner.declarations(in: source))
    }
    let required = sources.flatMap { requirements(among: $0.1) }
    let explained = witnesses.union(required.map(\.signature))
    return sources.flatMap { source, declarations in
      let requirements = requirements(among: declarations)
      let visible = declarations.filter { $0.crossesTargets && $0.parent != .protocol }
        .filter { needsComment($0, in: source) }
        .filter { $0.kind != .function || !explained.contains($0.signature) }
      return (visible + requirements)
        .filter { !hasComment($0, in: lines[source.path] ?? []) }
        .map {
          Finding(
            path: source.path, line: $0.line,
            advice: "`\($0.name)` can be used by other targets and has no `///` comment; say what "
              + "its name and types do not: invariant, unit, range, owner, when it is durable")
        }
    }
  }

  /// The functions that a protocol asks for; they carry no access modifier of their own.
  private static func requirements(among declarations: [Declaration]) -> [Declaration] {
    let protocols = declarations.filter { $0.kind == .protocol && $0.crossesTargets }
    return declarations.filter { function in
      function.kind == .function && function.parent == .protocol
        && protocols.contains { ($0.line...$0.lastLine).contains(function.line) }
    }
  }

  private static func needsComment(_ declaration: Declaration, in source: SwiftSource) -> Bool {
    switch declaration.kind {
    case .structure, .classType, .enumeration, .actor, .protocol, .typealias:
      declaration.parent.map { !$0.isType } ?? true
    case .function: declaration.name.first?.isLetter == true
    case .subscript: true
    case .initialiser: !isObvious(declaration, in: source)
    case .variable, .deinitialiser, .extension: false
    }
  }

  /// `init(from decoder:)`, or an initialiser that cannot fail and only sets properties, each to a
  /// parameter or a constant: one assignment a line, without a call or a calculation.
  private static func isObvious(_ initialiser: Declaration, in source: SwiftSource) -> Bool {
    if initialiser.signature == "init(from:)" { return true }
    let header = initialiser.header
    if header.first == "?" || header.contains("throws") || header.contains("async") { return false }
    guard let body = initialiser.body else { return true }
    let statements = Dictionary(grouping: source.tokens[body], by: \.line).values
    return statements.allSatisfy { statement in
      var words = statement.map(\.text)
      if words.starts(with: ["self", "."]) { words.removeFirst(2) }
      return words.dropFirst().first == "="
        && words.dropFirst(2).allSatisfy { word in
          word == "." || word.first.map { $0.isLetter || $0.isNumber } ?? false
        }
    }
  }

  private static func hasComment(_ declaration: Declaration, in lines: [Substring]) -> Bool {
    let above = lines.prefix(declaration.firstLine - 1).last ?? ""
    return above.drop { $0 == " " }.hasPrefix("///")
  }
}
