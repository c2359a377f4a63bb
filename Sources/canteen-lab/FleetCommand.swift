import ArgumentParser
import FleetSimulation
import Glibc
import Laboratory

extension OfflinePolicy: ExpressibleByArgument {}

/// Runs the fleet in a bottle.
struct FleetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fleet",
    abstract: "Terminals, centre, diners, network, clocks and disks in virtual time, by a seed.",
    discussion: """
      The same seed gives the same trace on every machine. With --seeded-bugs each planted bug of the rules, the
      codecs and the simulated stores must be found (debug builds only). With --policy it counts what another offline \
      policy would cost and whom it would refuse (docs/policies.md).
      """)

  @Option(help: "Of the first world; the next ones follow it.")
  var seed: UInt64?
  @Option(help: "How many presentations in all, 1 to 100000000000.")
  var swipes = 20_000
  @Option(help: "After so many minutes no more worlds are begun, 1 to 10000.")
  var minutes = 10_000
  @Flag(help: "Faults are common in every world, as in those in which planted bugs are looked for.")
  var rough = false
  @Flag(help: "Plant each known bug in turn, and see which checker finds it.")
  var seededBugs = false

  @Option(
    help:
      "An offline policy: the ordinary week, and three days with everything cut, under its caps.")
  var policy: OfflinePolicy?
  @Option(help: "Draw what the caps cost and whom they refuse into this folder.")
  var curves: String?
  @Option(help: "How many weeks a figure of a policy is made of, 1 to 1000.")
  var weeks = 1

  func validate() throws {
    guard (1...1000).contains(weeks) else { throw ValidationError("--weeks is 1 to 1000") }
    guard (1...100_000_000_000).contains(swipes) else {
      throw ValidationError("--swipes is 1 to 100000000000")
    }
    guard (1...10_000).contains(minutes) else {
      throw ValidationError("--minutes is 1 to 10000")
    }
  }

  func run() async throws {
    if seededBugs { return try findBugs() }
    let seed = seed ?? UInt64.random(in: 1...999_999_999)
    if policy != nil || curves != nil {
      let study = PolicyStudy(seed: seed, weeks: weeks)
      if let policy { try await study.run(policy) }
      if let curves { try await study.draw(into: curves) }
      return
    }
    var run = FleetRun(seed: seed, swipes: swipes)
    run.isRough = rough ? true : nil
    let clock = ContinuousClock()
    let start = clock.now
    let end = start + .seconds(60 * minutes)
    let used = Self.coreTime
    let summary = await run.run { ContinuousClock.now >= end }
    let seconds = (clock.now - start) / .seconds(1)
    let coreSeconds = Double(Self.coreTime - used) / Double(CLOCKS_PER_SEC)
    if let failure = summary.failure { try show(failure) }
    let tally = summary.tally
    print(
      """
      \(summary.worlds) worlds, \(tally.worldDays) days: \(tally.approved) approved, \(tally.declined) declined, \
      \(tally.shownAgain) shown again, \(tally.asked) asked; \(tally.reservations) reserved with neighbours, \
      \(tally.grouped) approved so; \(tally.records) records in \(tally.batches) batches; \
      \(tally.lit) lit, of which \(tally.excused) went with their disk
      \(tally.compared) answers compared with the rules as they are stated a second time
      \(tally.indebted) accounts in debt, \(yuan(tally.lossFen)) in all of \(yuan(tally.boundFen)) that the caps \
      allow, \(yuan(tally.worstFen)) the most for one
      \(Int(Double(tally.swipes) / max(coreSeconds, 0.001))) swipes a second and core, \(Int(coreSeconds)) s of \
      cores\(tally.swipes < swipes ? "; the time was up before \(swipes) swipes" : "")
      fleet: ok \(tally.swipes) swipes, \(tally.faults) faults, \(Int(seconds)) s, trace \
      \(String(summary.trace, radix: 16)) (seed \(run.seed))
      """)
  }

  /// What all cores spent on this process, in parts of `CLOCKS_PER_SEC`.
  private static var coreTime: clock_t { Glibc.clock() }

  private func yuan(_ fen: Int64) -> String {
    "¥\(fen / 100).\(fen % 100 < 10 ? "0" : "")\(fen % 100)"
  }

  /// Prints a failure in its shortest form, and how to see it again.
  private func show(_ failure: FleetRun.Outcome) throws {
    // At once: to find the shortest takes a world for each kind of fault.
    print(
      """
      fleet: seed \(failure.seed), after \(failure.events) events, trace \
      \(String(failure.trace, radix: 16)): \(failure.violation ?? "")
      again: \(again(failure.seed)) (at this commit)
      """)
    fflush(nil)
    var options = WorldOptions(seed: failure.seed, swipes: FleetRun.swipesPerWorld)
    options.isRough = rough ? true : nil
    let (shortest, outcome) = FleetRun.shortened(options)
    let kinds = FaultKind.allCases.filter { shortest.kinds.contains($0) }.map(\.rawValue)
    print(
      """
      the shortest that fails: \(outcome.events) events with \(kinds.joined(separator: ", ")): \
      \(outcome.violation ?? "")
      """)
    throw ExitCode.failure
  }

  private func again(_ seed: UInt64) -> String {
    rough
      ? "canteen-lab fleet --rough --seed \(seed) --swipes \(FleetRun.swipesPerWorld)"
      : "make fleet SEED=\(seed) SWIPES=\(FleetRun.swipesPerWorld)"
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
