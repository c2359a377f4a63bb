import Foundation
import SeededRandom

/// Makes one mistake after the other in a target and looks whether its tests notice.
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

  private let package: any TestedPackage
  private let reportPath: String

  /// - Parameters:
  ///   - room: What is mutated.
  ///   - root: The repository.
  ///   - folder: Where the mutants are built; a file of the same name with `.json` gets the results.
  package init(of room: MutatedRoom, root: String, folder: String) {
    package = room.package(root: root, folder: folder, configuration: "release")
    reportPath = "\(folder).json"
  }

  /// Prints a table of the operators and the survivors.
  ///
  /// - Parameters:
  ///   - only: The numbers of the mutants that are tried; all when there are none.
  ///   - one: Of so many mutants one is tried, chosen by the seed.
  /// - Throws: ``LaboratoryError/broken(_:)`` when too few of all, or of a sample, are killed.
  package func run(
    only: Set<Int> = [], oneIn one: UInt64 = 1, seed: UInt64 = 0
  ) async throws {
    let start = ContinuousClock.now
    let (mutants, skipped) = try await build()
    let baseline = ContinuousClock.now
    let reach =
      package.triesByReach
      ? try await TestReach.measure(package, mutants: mutants.count) : nil
    if reach == nil { try await testWhole() }
    let duration = reach?.duration ?? (ContinuousClock.now - baseline)
    let chosen = mutants.filter { mutant in
      var random = SplitMix64(seed: seed, number: mutant.number)
      return only.isEmpty ? random.next() % one == 0 : only.contains(mutant.number)
    }
    Console.say("\(mutants.count) mutants built, the tests take \(duration.formatted())")
    let results = try await judge(chosen, limit: max(.seconds(30), duration * 10), reach)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(results).write(to: URL(filePath: reportPath))
    try MutantReport(
      target: type(of: package).target, equivalent: type(of: package).equivalent,
      results: results, notViable: skipped, isWhole: only.isEmpty && one == 1,
      mustReach: only.isEmpty ? Self.percent : 0,
      duration: ContinuousClock.now - start
    ).say()
  }

  private func testWhole() async throws {
    let log = "\(package.folder)/test-0.log"
    let status = try await package.test(
      environment: ["CANTEEN_MUTANT": "0"], limit: .seconds(300), logPath: log)
    guard status == 0 else {
      throw LaboratoryError.broken("mutants: the tests fail without a mutant; see \(log)")
    }
  }

  /// Builds all mutants into one program.
  ///
  /// - Returns: The mutants, and the places that do not compile when they are mutated.
  private func build() async throws -> ([Mutant], [MutantSchemata.Place]) {
    let sources = try package.sources()
    var skipped: Set<MutantSchemata.Place> = []
    for _ in 1...Self.attempts {
      var schemata = MutantSchemata()
      var files: [SourceText] = []
      for source in sources {
        files.append(
          (source.name, schemata.mutate(source.text, of: source.name, skipping: skipped)))
      }
      files.append(("Mutants.swift", MutantSchemata.runtime))
      files.append(("MutantOperators.swift", schemata.declarations))
      try package.write(files, countsRegions: false)
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

  /// Tries each mutant, two at a time.
  ///
  /// - Parameter limit: Where tests are not told apart, after this a mutant is stopped.
  private func judge(
    _ mutants: [Mutant], limit: Duration, _ reach: TestReach?
  ) async throws -> [Result] {
    let tried = Workers.Counter()
    let target = type(of: package).target
    return try await Workers.run(mutants) { mutant, worker in
      let verdict = try await judge(mutant, limit: limit, reach, worker)
      if verdict == .survived { Console.say(MutantReport.text(of: mutant, in: target)) }
      let count = tried.next() + 1
      if count % 100 == 0 { Console.say("  \(count) of \(mutants.count)") }
      return Result(mutant: mutant, verdict: verdict)
    }
  }

  private func judge(
    _ mutant: Mutant, limit: Duration, _ reach: TestReach?, _ worker: Int
  ) async throws -> Verdict {
    let isKnown = type(of: package).equivalent.contains { $0.fits(mutant) }
    let lives: Verdict = isKnown ? .equivalent : .survived
    var arguments: [String] = []
    var limit = limit
    if let reach {
      guard let plan = reach.plan(for: mutant) else { return lives }
      (arguments, limit) = plan
    }
    let begin = ContinuousClock.now
    let (chosen, patience) = (arguments, limit)
    let status = try await ScratchMemory.with { folder in
      try await package.test(
        chosen, environment: ["CANTEEN_MUTANT": "\(mutant.number)", "TMPDIR": folder],
        limit: patience, quiet: reach == nil ? nil : TestReach.quiet,
        logPath: "\(package.folder)/test-\(worker).log")
    }
    if status == 0 { return lives }
    let late = reach == nil ? limit : TestReach.quiet
    return status == 128 + SIGKILL && ContinuousClock.now - begin >= late ? .timedOut : .killed
  }
}
