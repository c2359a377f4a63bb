import ArgumentParser
import FleetSimulation
import Glibc

/// Runs the fleet in a bottle.
struct FleetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fleet",
    abstract: "Terminals, centre, diners, network, clocks and disks in virtual time, by a seed.",
    discussion: """
      The same seed gives the same trace on every machine. With --seeded-bugs each planted bug of the rules, the
      codecs and the simulated stores must be found (debug builds only).
      """)

  @Option(help: "Of the first world; the next ones follow it.")
  var seed: UInt64?
  @Option(help: "How many presentations in all, 1 to 100000000000.")
  var swipes = 20_000
  @Flag(help: "Plant each known bug in turn, and see which checker finds it.")
  var seededBugs = false

  func validate() throws {
    guard (1...100_000_000_000).contains(swipes) else {
      throw ValidationError("--swipes is 1 to 100000000000")
    }
  }

  func run() async throws {
    if seededBugs { return try findBugs() }
    let run = FleetRun(seed: seed ?? UInt64.random(in: 1...999_999_999), swipes: swipes)
    let clock = ContinuousClock()
    let start = clock.now
    let summary = await run.run()
    let seconds = (clock.now - start) / .seconds(1)
    if let failure = summary.failure { try show(failure) }
    let tally = summary.tally
    print(
      """
      \(summary.worlds) worlds, \(tally.worldDays) days: \(tally.approved) approved, \(tally.declined) declined, \
      \(tally.shownAgain) shown again, \(tally.asked) asked; \(tally.records) records in \(tally.batches) batches; \
      \(tally.lit) lit, of which \(tally.excused) went with their disk
      fleet: ok \(tally.swipes) swipes, \(tally.faults) faults, \(Int(seconds)) s, \
      \(Int(Double(tally.swipes) / max(seconds, 0.001))) a second, trace \
      \(String(summary.trace, radix: 16)) (seed \(run.seed))
      """)
  }

  /// Prints a failure in its shortest form, and how to see it again.
  private func show(_ failure: FleetRun.Outcome) throws {
    // At once: to find the shortest takes a world for each kind of fault.
    print(
      """
      fleet: seed \(failure.seed), after \(failure.events) events, trace \
      \(String(failure.trace, radix: 16)): \(failure.violation ?? "")
      again: make fleet SEED=\(failure.seed) SWIPES=\(FleetRun.swipesPerWorld) (at this commit)
      """)
    fflush(nil)
    let options = WorldOptions(seed: failure.seed, swipes: FleetRun.swipesPerWorld)
    let (shortest, outcome) = FleetRun.shortened(options)
    let kinds = FaultKind.allCases.filter { shortest.kinds.contains($0) }.map(\.rawValue)
    print(
      """
      the shortest that fails: \(outcome.events) events with \(kinds.joined(separator: ", ")): \
      \(outcome.violation ?? "")
      """)
    throw ExitCode.failure
  }

  private func findBugs() throws {
    #if SEEDED_BUGS
      var missed = 0
      for name in FleetBugs.names {
        let finding = FleetBugs.find(name)
        if finding.seed == nil { missed += 1 }
        print("\(name): " + (finding.seed.map { "world \($0): \(finding.what)" } ?? "NOT FOUND"))
      }
      print("fleet: \(missed == 0 ? "ok" : "FAILED") \(missed) bugs were not found")
      if missed > 0 { throw ExitCode.failure }
    #else
      throw ValidationError("--seeded-bugs: a release build has none; use a debug build")
    #endif
  }
}
