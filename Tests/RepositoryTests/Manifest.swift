/// The targets that `Package.swift` declares, read from its text.
struct Manifest {
  struct Target {
    let name: String
    let line: Int
    /// Targets of ours and modules of other packages.
    let dependencies: Set<String>
    /// Whether it is compiled with the settings that the manifest calls `house` or `wrapper`, or
    /// `strictC` for C of our own. True for a system library, which is not compiled.
    let isHouseStyle: Bool
  }

  static let path = "Package.swift"

  private(set) var targets: [Target] = []

  private let source: SwiftSource

  /// Relies on the manifest's own form: one `.target(name: "…", dependencies: […])` for each target,
  /// and a `let name: Target.Dependency = .product(name: "…", …)` for each module of another package.
  init(_ source: SwiftSource) {
    self.source = source
    let products = products()
    let kinds: Set = ["target", "executableTarget", "testTarget", "systemLibrary"]
    for index in source.tokens.indices.dropFirst() {
      let token = source.tokens[index]
      guard kinds.contains(token.text), source.tokens[index - 1].text == "." else { continue }
      guard let call = group(from: index + 1), let name = string(after: token.offset) else {
        continue
      }
      let labels = call.filter { source.tokens[$0].text == "dependencies" }
      let list = labels.first.flatMap { group(from: $0 + 2) }
      targets.append(
        Target(
          name: name, line: token.line,
          dependencies: list.map { names(in: $0, products: products) } ?? [],
          isHouseStyle: token.text == "systemLibrary"
            || call.contains { ["house", "wrapper", "strictC"].contains(source.tokens[$0].text) }))
    }
  }

  /// `logging` → `Logging`, from the constants at the top of the manifest.
  private func products() -> [String: String] {
    var products: [String: String] = [:]
    for index in source.tokens.indices.dropLast(3) where source.tokens[index].text == "let" {
      let words = source.tokens[index...].prefix(9).map(\.text)
      guard words.contains("Dependency"), words.contains("product") else { continue }
      let variable = source.tokens[index + 1]
      products[variable.text] = string(after: variable.offset)
    }
    return products
  }

  /// The tokens between the bracket at an index and its partner.
  private func group(from opening: Int) -> Range<Int>? {
    var depth = 0
    for index in opening..<source.tokens.count {
      switch source.tokens[index].text {
      case "(", "[": depth += 1
      case ")", "]": depth -= 1
      default: break
      }
      if depth == 0 { return index > opening ? (opening + 1)..<index : nil }
    }
    return nil
  }

  private func string(after offset: Int) -> String? {
    source.literals.first { $0.offset > offset }?.text
  }

  private func names(in list: Range<Int>, products: [String: String]) -> Set<String> {
    let start = source.tokens[list.lowerBound - 1].offset
    let end = source.tokens[list.upperBound].offset
    let strings = source.literals.filter { start < $0.offset && $0.offset < end }.map(\.text)
    return Set(strings).union(list.compactMap { products[source.tokens[$0].text] })
  }
}
