/// Source as a release build compiles it: without the planted bugs. Lines stay where they are.
enum SeededSource {
  static let condition = "#if SEEDED_BUGS"

  /// Empties the lines that only a build with planted bugs has, and the directives around them.
  static func released(_ text: String) -> String {
    /// Of the directives that are open: whether each asks for the bugs, and whether its lines are kept.
    var open: [(asksForBugs: Bool, isKept: Bool)] = []
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let words = line.drop { $0 == " " }
      var isOurs = false
      if words.hasPrefix("#if ") {
        isOurs = words == condition
        open.append((isOurs, !isOurs))
      } else if words.hasPrefix("#else"), let last = open.last {
        isOurs = last.asksForBugs
        if isOurs { open[open.count - 1].isKept = true }
      } else if words.hasPrefix("#endif"), let last = open.popLast() {
        isOurs = last.asksForBugs
      }
      return isOurs || open.contains { !$0.isKept } ? "" : line
    }
    return lines.joined(separator: "\n")
  }
}
