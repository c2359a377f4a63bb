import Foundation

#if SEEDED_BUGS
  import Journal
#endif

/// What is said about a run over mutants.
struct MutantReport {
  /// The target that was mutated.
  let target: String
  /// Those of its mutants that nobody can notice.
  let equivalent: [EquivalentMutant]
  let results: [MutantTest.Result]
  let notViable: [MutantSchemata.Place]
  /// Whether all mutants were tried.
  let isWhole: Bool
  /// Of a hundred that can be noticed so many must be killed.
  let mustReach: Int
  let duration: Duration

  /// - Throws: ``LaboratoryError/broken(_:)`` when too few were killed, or when the list of the equivalent
  ///   ones is not true.
  func say() throws {
    Console.say(row("operator", "mutants", "killed", "survived", "equivalent"))
    for kind in MutationOperator.allCases {
      let ours = results.filter { $0.mutant.kind == kind }
      guard !ours.isEmpty else { continue }
      say(kind.rawValue, ours)
    }
    say("all", results)
    for result in results where result.verdict == .survived {
      Console.say(Self.text(of: result.mutant, in: target))
    }
    for place in notViable {
      Console.say("not viable: \(place.file):\(place.line)")
    }
    saySeeded()
    try judge()
  }

  private func judge() throws {
    let killed = results.count { $0.isKilled }
    let noticeable = results.count { $0.verdict != .equivalent }
    let permille = noticeable == 0 ? 0 : killed * 1000 / noticeable
    let words =
      "\(results.count) mutants of \(target), \(killed) killed, "
      + "\(permille / 10).\(permille % 10) % of those that can be noticed; "
      + "\(results.count { $0.verdict == .survived }) survived, "
      + "\(results.count { $0.verdict == .equivalent }) equivalent, "
      + "\(duration.components.seconds) s"
    let again = "again: make mutants"
    let untrue = equivalent.filter { entry in
      !results.contains { $0.verdict == .equivalent && entry.fits($0.mutant) }
    }
    if isWhole, let first = untrue.first {
      throw LaboratoryError.broken(
        "mutants: listed as equivalent, but killed or gone: \(first.file) `\(first.source)` "
          + "\(first.change)\n\(again)")
    }
    guard killed * 100 >= noticeable * mustReach else {
      throw LaboratoryError.broken(
        "mutants: \(words); at least \(mustReach) % must be killed\n\(again)")
    }
    Console.say("mutants: ok \(words)")
  }

  private func say(_ name: String, _ results: [MutantTest.Result]) {
    Console.say(
      row(
        name, "\(results.count)", "\(results.count { $0.isKilled })",
        "\(results.count { $0.verdict == .survived })",
        "\(results.count { $0.verdict == .equivalent })"))
  }

  private func row(_ name: String, _ columns: String...) -> String {
    name.padding(toLength: 12, withPad: " ", startingAt: 0)
      + columns.map { String(repeating: " ", count: max(0, 12 - $0.count)) + $0 }.joined()
  }

  static func text(of mutant: Mutant, in target: String) -> String {
    "survived \(mutant.number): Sources/\(target)/\(mutant.file):\(mutant.line):"
      + "\(mutant.column) \(mutant.change)   \(mutant.source)"
  }

  /// Mistakes that were planted by hand where mutants do not reach.
  private func saySeeded() {
    #if SEEDED_BUGS
      Console.say(
        "beside them: \(SeededBug.allCases.count) bugs of the journal, found by "
          + "canteen-lab power-cut --seeded-bugs")
    #endif
    Console.say(
      "beside them: \(FeedMistake.allCases.count) mistakes with fed rows, found by "
        + "canteen-lab feed-model")
    Console.say(
      "beside them: \(BoundMistake.allCases.count) mistakes with a terminal's counters, found by "
        + "canteen-lab offline-bound")
  }
}

extension MutantTest.Result {
  fileprivate var isKilled: Bool { verdict == .killed || verdict == .timedOut }
}
