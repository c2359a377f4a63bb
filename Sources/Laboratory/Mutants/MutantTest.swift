import Foundation

/// Makes one mistake after the other in the terminal's core and looks whether its tests notice.
package struct MutantTest: Sendable {
  /// What the tests said of a mutant.
  package enum Verdict: String, Codable, Sendable {
    case killed
    /// Killed, because the tests did not end in time.
    case timedOut
    case survived
    /// It survived, and cannot do otherwise: ``EquivalentMutant``.
    case equivalent
  }

  package struct Result: Codable, Sendable {
    package let mutant: Mutant
    package let verdict: Verdict
  }

  /// This many of a hundred mutants must be killed; those that are equivalent count as not killed.
  static let percent = 90
  /// How often sources that do not compile are taken back.
  private static let attempts = 6

  private let package: CorePackage
  private let reportPath: String

  /// - Parameters:
  ///   - root: The repository.
  ///   - folder: Where the mutants are built; `mutants.json` is written beside it.
  package init(root: String, folder: String) {
    package = CorePackage(root: root, folder: folder, configuration: "release")
    reportPath = "\(folder).json"
  }

  /// Prints a table of the operators and the survivors.
  ///
  /// - Parameter only: The numbers of the mutants that are tried; all when there are none.
  /// - Throws: ``LaboratoryError/broken(_:)`` when too few are killed.
  package func run(only: Set<Int> = []) async throws {
    let start = ContinuousClock.now
    let (mutants, skipped) = try await build()
    let baseline = ContinuousClock.now
    let status = try await test(0, limit: .seconds(300), worker: 0)
    guard status == 0 else {
      throw LaboratoryError.broken(
        "mutants: the tests fail without a mutant; see \(package.folder)/test-0.log")
    }
    let limit = max(.seconds(30), (ContinuousClock.now - baseline) * 10)
    let chosen = only.isEmpty ? mutants : mutants.filter { only.contains($0.number) }
    Console.say(
      "\(mutants.count) mutants built, the tests take \((limit / 10).formatted()) at most")
    let results = try await judge(chosen, limit: limit)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(results).write(to: URL(filePath: reportPath))
    try MutantReport(
      results: results, notViable: skipped, isWhole: only.isEmpty,
      duration: ContinuousClock.now - start
    ).say()
  }

  /// Builds all mutants into one program.
  ///
  /// - Returns: The mutants, and the places that do not compile when they are mutated.
  private func build() async throws -> ([Mutant], [MutantSchemata.Place]) {
    let sources = try package.sources()
    var skipped: Set<MutantSchemata.Place> = []
    for _ in 1...Self.attempts {
      var schemata = MutantSchemata()
      var files: [(name: String, text: String)] = []
      for source in sources {
        files.append(
          (source.name, schemata.mutate(source.text, of: source.name, skipping: skipped)))
      }
      files.append(("Mutants.swift", MutantSchemata.runtime))
      files.append(("MutantOperators.swift", schemata.declarations))
      try package.write(core: files)
      let (log, isBuilt) = try await package.build()
      if isBuilt {
        return (schemata.mutants, skipped.sorted { ($0.file, $0.line) < ($1.file, $1.line) })
      }
      let wrong = Self.places(in: log).filter { place in
        sources.contains { $0.name == place.file }
      }.filter { !skipped.contains($0) }
      guard !wrong.isEmpty else { break }
      for place in wrong {
        Console.say("does not compile when mutated: \(place.file):\(place.line)")
      }
      skipped.formUnion(wrong)
    }
    throw LaboratoryError.program(
      "mutants: they do not compile; see \(package.folder)/build.log")
  }

  /// Where the compiler reports errors.
  private static func places(in log: String) -> Set<MutantSchemata.Place> {
    var places: Set<MutantSchemata.Place> = []
    for line in log.split(separator: "\n") where line.contains(": error: ") {
      let parts = line.split(separator: ":")
      guard parts.count > 3, let number = Int(parts[1]),
        let name = parts[0].split(separator: "/").last
      else { continue }
      places.insert(MutantSchemata.Place(file: String(name), line: number))
    }
    return places
  }

  /// Runs the tests once for each mutant, two at a time.
  private func judge(_ mutants: [Mutant], limit: Duration) async throws -> [Result] {
    try await withThrowingTaskGroup(of: [Result].self) { group in
      for worker in 0..<2 {
        group.addTask {
          var results: [Result] = []
          for (index, mutant) in mutants.enumerated() where index % 2 == worker {
            let begin = ContinuousClock.now
            let status = try await test(mutant.number, limit: limit, worker: worker)
            let isLate = status == 128 + SIGKILL && ContinuousClock.now - begin >= limit
            let isKnown = EquivalentMutant.all.contains { $0.fits(mutant) }
            let verdict: Verdict =
              status == 0 ? isKnown ? .equivalent : .survived : isLate ? .timedOut : .killed
            results.append(Result(mutant: mutant, verdict: verdict))
            if verdict == .survived { Console.say(MutantReport.text(of: mutant)) }
            if (index + 1) % 50 == 0 { Console.say("  \(index + 1) of \(mutants.count)") }
          }
          return results
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
        .sorted { $0.mutant.number < $1.mutant.number }
    }
  }

  private func test(_ mutant: Int, limit: Duration, worker: Int) async throws -> Int32 {
    try await package.test(
      environment: ["CANTEEN_MUTANT": "\(mutant)"], limit: limit,
      logPath: "\(package.folder)/test-\(worker).log")
  }
}
