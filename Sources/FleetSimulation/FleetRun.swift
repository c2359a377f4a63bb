/// Runs worlds, one after the other or two beside one another, and makes a failure shorter.
package struct FleetRun: Sendable {
  /// How one world ended.
  package struct Outcome: Sendable {
    package let seed: UInt64
    package let tally: FleetTally
    /// The hash of everything that happened and was written: equal on every machine.
    package let trace: UInt64
    /// What the checkers saw first; `nil`: nothing.
    package let violation: String?
    package let events: Int
  }

  /// What many worlds gave.
  package struct Summary: Sendable {
    package var worlds = 0
    package var tally = FleetTally()
    /// The traces of all worlds, in the order of their seeds.
    package var trace: UInt64 = 0
    /// The first world, by its seed, in which something was wrong.
    package var failure: Outcome?
  }

  /// Of the first world; the others follow it.
  package let seed: UInt64
  /// How many presentations in all: 1 or more.
  package let swipes: Int

  /// Whether faults are common in every world; `nil`: as its seed says.
  package var isRough: Bool?

  package init(seed: UInt64, swipes: Int) {
    self.seed = seed
    self.swipes = swipes
  }

  /// How many presentations one world has at most.
  package static let swipesPerWorld = 20_000
  /// How many worlds run beside one another.
  private static let workers = 2

  /// Runs one world.
  package static func world(_ options: WorldOptions) -> Outcome {
    let result = World(options).run()
    return Outcome(
      seed: options.seed, tally: result.tally, trace: result.trace, violation: result.violation,
      events: result.events)
  }

  /// The worlds of the run, in order.
  package var worlds: [WorldOptions] {
    let count = (swipes + Self.swipesPerWorld - 1) / Self.swipesPerWorld
    return (0..<count).map { number in
      var options = WorldOptions(
        seed: seed &+ UInt64(number),
        swipes: min(Self.swipesPerWorld, swipes - number * Self.swipesPerWorld))
      options.isRough = isRough
      return options
    }
  }

  /// Runs all worlds, those of odd number beside those of even number. A worker ends with its first failure.
  ///
  /// - Parameter isOver: Whether no more worlds are begun, because the time is up.
  package func run(isOver: @escaping @Sendable () -> Bool = { false }) async -> Summary {
    let worlds = worlds
    let outcomes = await withTaskGroup(of: [Outcome].self) { group in
      for worker in 0..<Self.workers {
        group.addTask {
          var outcomes: [Outcome] = []
          for number in stride(from: worker, to: worlds.count, by: Self.workers)
          where !isOver() {
            outcomes.append(Self.world(worlds[number]))
            if outcomes.last?.violation != nil { break }
            await Task.yield()
          }
          return outcomes
        }
      }
      return await group.reduce(into: [Outcome]()) { $0 += $1 }
    }
    var summary = Summary()
    var trace = Trace()
    for outcome in outcomes.sorted(by: { $0.seed < $1.seed }) {
      summary.worlds += 1
      summary.tally.add(outcome.tally)
      trace.add(outcome.trace)
      if summary.failure == nil, outcome.violation != nil { summary.failure = outcome }
    }
    summary.trace = trace.hash
    return summary
  }

  /// The same failure with as few kinds of faults as show it. It ends where the checkers saw it, so that its
  /// events are the shortest beginning of that world that fails.
  package static func shortened(_ options: WorldOptions) -> (
    options: WorldOptions, outcome: Outcome
  ) {
    var (best, outcome) = (options, world(options))
    for kind in FaultKind.allCases where best.kinds.contains(kind) {
      var fewer = best
      fewer.kinds.remove(kind)
      let again = world(fewer)
      if let violation = again.violation, rule(violation) == rule(outcome.violation) {
        (best, outcome) = (fewer, again)
      }
    }
    return (best, outcome)
  }

  /// By which invariant a violation is known: the word before the colon.
  private static func rule(_ violation: String?) -> Substring {
    violation?.prefix { $0 != ":" } ?? ""
  }
}
