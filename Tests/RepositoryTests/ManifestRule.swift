/// A target declares the modules that its files import, and no others; and it is compiled strictly.
///
/// The compiler takes an undeclared import when something else happened to build the module; a
/// dependency that nothing imports makes the demo's build longer for nothing.
enum ManifestRule {
  static func findings(in checkout: Checkout) -> [Finding] {
    guard let source = checkout.swift.first(where: { $0.path == Manifest.path }) else { return [] }
    return Manifest(source).targets.flatMap { target in
      style(of: target)
        + findings(
          on: target,
          sources: checkout.swift.filter { $0.target == target.name },
          generated: checkout.files.filter {
            $0.path.hasPrefix("Sources/\(target.name)/") && $0.path.hasSuffix(".pb.swift")
          })
    }
  }

  private static func style(of target: Manifest.Target) -> [Finding] {
    guard !target.isHouseStyle else { return [] }
    return [
      Finding(
        path: Manifest.path, line: target.line,
        advice: "\(target.name) is compiled without the house's settings; add "
          + "`swiftSettings: house` (`wrapper` where it imports C)")
    ]
  }

  private static func findings(
    on target: Manifest.Target, sources: [SwiftSource], generated: [Checkout.File]
  ) -> [Finding] {
    let written = sources.filter { !$0.path.hasSuffix("/Placeholder.swift") }
    guard !written.isEmpty else { return [] }
    var findings: [Finding] = []
    var imported: Set<String> = []
    for file in written {
      for found in file.imports where !House.toolchain.contains(found.module) {
        imported.insert(found.module)
        guard !target.dependencies.contains(found.module) else { continue }
        findings.append(
          Finding(
            path: file.path, line: found.line,
            advice: "\(target.name) imports \(found.module) without declaring it; "
              + "add it to the target's dependencies in Package.swift"))
      }
    }
    for module in target.dependencies.subtracting(imported).sorted()
    where !generated.contains(where: { $0.text.contains("import \(module)\n") }) {
      findings.append(
        Finding(
          path: Manifest.path, line: target.line,
          advice: "\(target.name) declares \(module) and no file imports it; remove it"))
    }
    return findings
  }
}
