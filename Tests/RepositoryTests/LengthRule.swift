/// Files and functions stay short enough to be read in one go.
enum LengthRule {
  static let linesPerFile = 400
  static let linesPerFunction = 70
  /// An executable parses, composes and runs; everything else is a target that tests can import.
  static let linesPerMainFile = 80

  static func findings(in checkout: Checkout) -> [Finding] {
    checkout.swift.flatMap { fileFindings(in: $0) + functionFindings(in: $0) }
  }

  private static func fileFindings(in source: SwiftSource) -> [Finding] {
    let isMain =
      source.isProduct && House.executables.contains(source.target ?? "")
      && (source.path.hasSuffix("/main.swift") || source.tokens.contains { $0.text == "@main" })
    let limit = isMain ? linesPerMainFile : linesPerFile
    guard source.length > limit else { return [] }
    let advice = "\(source.length) lines, at most \(limit)" + (isMain ? " in a main file" : "")
    return [
      Finding(path: source.path, line: limit + 1, advice: "\(advice); find the second idea in it")
    ]
  }

  private static func functionFindings(in source: SwiftSource) -> [Finding] {
    DeclarationScanner.declarations(in: source)
      .filter { $0.kind.isFunction && $0.lineCount > linesPerFunction }
      .map { function in
        Finding(
          path: source.path, line: function.line,
          advice: "`\(function.name)` has \(function.lineCount) lines, at most "
            + "\(linesPerFunction); name the steps of it")
      }
  }
}
