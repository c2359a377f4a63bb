/// The bugs that are planted for the laboratory are in debug builds only.
///
/// A release build that contained one, even switched off, could sell with it.
enum SeededBugRule {
  static let condition = "SEEDED_BUGS"
  /// What stands behind the condition, in whatever file.
  static let words: Set = [
    "SeededBooksBug", "SeededLinkBug", "SeededBug", "SeededBugs", "SeededBugTest", "SeededCodecBug",
    "SeededReaderBug", "SeededKeyBug", "SeededRuleBug", "SeededFleetBug", "SeededAccessBug",
    "seeded",
  ]

  static func findings(in checkout: Checkout) -> [Finding] {
    checkout.swift.filter(\.isProduct).flatMap(codeFindings)
      + checkout.files.filter { $0.path == Manifest.path }.flatMap(manifestFindings)
  }

  /// The condition is defined for debug builds, and in no other way.
  private static func manifestFindings(in manifest: Checkout.File) -> [Finding] {
    manifest.numberedLines.compactMap { number, line in
      let isRight = line.contains(".define(\"\(condition)\", .when(configuration: .debug))")
      guard line.contains(condition), !isRight else { return nil }
      return Finding(
        path: manifest.path, line: number,
        advice: "\(condition) is defined otherwise than `.when(configuration: .debug)`")
    }
  }

  private static func codeFindings(in source: SwiftSource) -> [Finding] {
    /// Whether each condition that is open here is ours, and still in its first branch.
    var isPlanted: [Bool] = []
    return source.tokens.indices.compactMap { index in
      let token = source.tokens[index]
      switch token.text {
      case "#if":
        let isAlone = source.tokens[index...].prefix { $0.line == token.line }.count == 2
        isPlanted.append(isAlone && source.tokens[index + 1].text == condition)
      case "#else", "#elseif": isPlanted[isPlanted.count - 1] = false
      case "#endif": isPlanted.removeLast()
      default:
        guard words.contains(token.text), !isPlanted.contains(true) else { return nil }
        return Finding(
          path: source.path, line: token.line,
          advice: "`\(token.text)` outside of `#if \(condition)`: a release build would contain it")
      }
      return nil
    }
  }
}
