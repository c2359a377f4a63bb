/// The C peer of the benchmark does the work of the journal, word for word.
///
/// A ratio between two programs that do different things says nothing, and such a difference grows
/// silently: somebody adds an index to one of them.
enum PeerRule {
  static let statements = "Benchmarks/authorise-c/statements.h"
  static let program = "Benchmarks/authorise-c/main.c"
  static let settings = "Sources/LedgerDisk/DurabilitySettings.swift"

  static func findings(in checkout: Checkout) -> [Finding] {
    statementFindings(in: checkout) + pragmaFindings(in: checkout)
  }

  private static func statementFindings(in checkout: Checkout) -> [Finding] {
    guard let file = checkout.files.first(where: { $0.path == statements }) else { return [] }
    let journal = checkout.swift.filter { $0.path.hasPrefix("Sources/Journal/") }
      .flatMap { $0.literals.map { normalised($0.text) } }
    return macros(in: SwiftSource(file)).compactMap { macro in
      guard !journal.contains(where: { $0.contains(macro.text) }) else { return nil }
      return Finding(
        path: file.path, line: macro.line,
        advice:
          "\(macro.name) is no statement of Sources/Journal; copy the journal's, both must do "
          + "the same work")
    }
  }

  /// `#define NAME "…" "…"`, with the literals put together.
  private static func macros(in source: SwiftSource) -> [(name: String, line: Int, text: String)] {
    let defines = source.tokens.indices.filter { source.tokens[$0].text == "#define" }
    let ends = defines.dropFirst().map { source.tokens[$0].offset } + [.max]
    return zip(defines, ends).compactMap { index, end in
      let start = source.tokens[index].offset
      let literals = source.literals.filter { start < $0.offset && $0.offset < end }
      guard !literals.isEmpty else { return nil }
      return (
        source.tokens[index + 1].text, source.tokens[index].line,
        normalised(literals.map(\.text).joined())
      )
    }
  }

  private static func pragmaFindings(in checkout: Checkout) -> [Finding] {
    guard let peer = checkout.files.first(where: { $0.path == program }),
      let journal = checkout.swift.first(where: { $0.path == settings })
    else { return [] }
    guard pragmas(in: SwiftSource(peer)) != pragmas(in: journal) else { return [] }
    return [
      Finding(
        path: peer.path, line: 1,
        advice: "opens its database with other pragmas than \(settings); copy those")
    ]
  }

  /// Name, value and what it reads back as, of every pragma in the list, one after the other.
  private static func pragmas(in source: SwiftSource) -> [String] {
    guard let first = source.literals.first(where: { $0.text == "locking_mode" }) else { return [] }
    let end = source.tokens.first { $0.offset > first.offset && ["]", ";"].contains($0.text) }
    return source.literals
      .filter { first.offset <= $0.offset && $0.offset < end?.offset ?? .max }
      .map(\.text)
  }

  /// SQL without comments, with one space where there is any and none before a bracket closes.
  private static func normalised(_ sql: String) -> String {
    sql.split(separator: "\n")
      .map { line in line.firstRange(of: "--").map { line[..<$0.lowerBound] } ?? line }
      .flatMap { $0.split(separator: " ") }
      .joined(separator: " ")
      .replacing(" )", with: ")")
  }
}
