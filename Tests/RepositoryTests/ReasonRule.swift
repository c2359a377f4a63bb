/// Where the compiler's check is switched off, a reason is written; some words are not used at all.
enum ReasonRule {
  /// What needs a reason, as tokens, and the word that a documentation comment must contain to count.
  ///
  /// A `//` comment on the same line or the one above counts always. A `///` comment explains the
  /// declaration, not the exception; it counts only when it speaks of it.
  private static let excused: [(tokens: [String], word: String)] = [
    (["@unchecked", "Sendable"], "Sendable"),
    (["nonisolated", "(", "unsafe", ")"], "nonisolated"),
    (["try", "?"], "try?"),
  ]

  /// What is never used, with what to write instead.
  private static let banned: [(tokens: [String], advice: String)] = [
    (["try", "!"], "throw on, or `precondition` with a sentence if it is our bug"),
    (["as", "!"], "use `as?` with a guard"),
    (["fatalError", "("], "throw, or `precondition` with a sentence if it is our bug"),
  ]

  static func findings(in checkout: Checkout) -> [Finding] {
    checkout.swift.flatMap { source in
      source.tokens.indices.flatMap { index in
        findings(at: index, in: source)
      }
    }
  }

  private static func findings(at index: Int, in source: SwiftSource) -> [Finding] {
    let line = source.tokens[index].line
    let unexcused = excused.filter { entry in
      starts(entry.tokens, at: index, in: source)
        && !hasReason(line: line, word: entry.word, in: source)
    }
    let used = banned.filter { starts($0.tokens, at: index, in: source) }
    return unexcused.map { entry in
      Finding(
        path: source.path, line: line,
        advice: "`\(entry.tokens.joined())` without a reason; write it in a `//` comment on this "
          + "line or the one above")
    }
      + used.map {
        Finding(path: source.path, line: line, advice: "`\($0.tokens.joined())`: \($0.advice)")
      }
  }

  private static func starts(_ words: [String], at index: Int, in source: SwiftSource) -> Bool {
    source.tokens[index...].prefix(words.count).elementsEqual(words) { $0.text == $1 }
  }

  private static func hasReason(line: Int, word: String, in source: SwiftSource) -> Bool {
    if source.comments[line] != nil { return true }
    guard let above = source.comments[line - 1] else { return false }
    guard above.hasPrefix("///") else { return true }
    var block = ""
    var row = line - 1
    while let comment = source.comments[row], comment.hasPrefix("///") {
      block += comment
      row -= 1
    }
    return block.contains(word)
  }
}
