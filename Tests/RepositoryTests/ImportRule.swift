/// Imports point down the house, and what is confined to a room stays there.
enum ImportRule {
  static func findings(in checkout: Checkout) -> [Finding] {
    checkout.swift.flatMap { source in
      source.imports.compactMap { found in
        source.target.flatMap { advice(on: found.module, in: $0, isProduct: source.isProduct) }
          .map { Finding(path: source.path, line: found.line, advice: $0) }
      }
    } + strangers(in: checkout)
  }

  /// Targets that have no place in the plan.
  private static func strangers(in checkout: Checkout) -> [Finding] {
    let targets = Set(checkout.swift.filter(\.isProduct).compactMap(\.target))
    return targets.filter { !House.hasPlace(for: $0) }.map { target in
      Finding(
        path: "Sources/\(target)", line: 1,
        advice: "the target \(target) has no place in the house; give it a row in House.swift, "
          + "and draw it in ARCHITECTURE.md")
    }
  }

  /// - Returns: What is wrong with the import and what to do; `nil` when it is fine.
  private static func advice(on module: String, in target: String, isProduct: Bool) -> String? {
    if !isProduct {
      guard House.isC(module) else { return nil }
      return "a test imports the C module \(module); test through the wrapper"
    }
    if House.cores.contains(target), House.row(of: module) == nil {
      return "\(target) imports \(module); a core imports nothing but targets of ours below it: "
        + "pass the value in"
    }
    if let confined = House.confined[module], !confined.to.contains(target) {
      return "\(target) imports \(module), which belongs to "
        + "\(confined.to.sorted().joined(separator: " and ")): \(confined.reason)"
    }
    if let importers = House.beside[module] {
      guard !importers.contains(target) else { return nil }
      return "\(target) imports \(module); only \(importers.sorted().joined(separator: ", ")) "
        + "and tests may"
    }
    guard let lower = House.row(of: module) else { return nil }
    if House.beside[target] != nil { return besideAdvice(on: module, in: target) }
    guard let upper = House.row(of: target), lower >= upper else { return nil }
    return "\(target) imports \(module), which stands \(lower == upper ? "beside" : "above") it; "
      + "imports point down only: move the shared part below both, or pass it in from above"
  }

  private static func besideAdvice(on module: String, in target: String) -> String? {
    if House.executables.contains(module) { return "\(target) imports the executable \(module)" }
    guard let allowed = House.besideMayImport[target], !allowed.contains(module) else { return nil }
    return "\(target) imports \(module); it may import \(allowed.sorted().joined(separator: ", "))"
      + " only, so that a reader model never leans on the code that it tests"
  }
}
