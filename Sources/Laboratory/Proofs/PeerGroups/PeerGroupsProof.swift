import SeededRandom

/// What the terminals of a canteen approve together is bounded, however their network breaks and heals:
/// random histories against the real rules (ARCHITECTURE.md, Groups).
package struct PeerGroupsProof: Sendable {
  package struct Options: Sendable {
    /// 1 or more.
    package var histories: Int
    package var seed: UInt64
    /// One history alone, to see a failure again.
    package var only: Int?

    package init(histories: Int, seed: UInt64) {
      self.histories = histories
      self.seed = seed
    }
  }

  struct Tally: Sendable {
    var histories = 0
    var approvals = 0
    var inGroup = 0
    var declines = 0
    /// Histories that approved more than nine tenths of the bound.
    var tight = 0
    /// The lowest number of a history that broke the bound, and what was seen.
    var first: (number: Int, what: String)?
  }

  private let options: Options

  package init(_ options: Options) {
    self.options = options
  }

  private static let workers = 2
  /// Within so many histories a planted mistake must be found.
  static let mistakeHistories = 200_000

  /// Shows first that each planted mistake is found.
  ///
  /// - Throws: ``LaboratoryError/broken(_:)`` with the shortest history that still fails.
  package func run() async throws {
    if options.only == nil {
      for mistake in PeerMistake.allCases { try await show(mistake) }
    }
    let clock = ContinuousClock()
    let start = clock.now
    let tally = try await series(nil)
    if let first = tally.first { throw try broken(first.number) }
    let seconds = (clock.now - start) / .seconds(1)
    Console.say(
      "peer-groups: ok \(tally.histories) histories, \(tally.approvals) approvals, "
        + "\(tally.inGroup) of them in a group, \(tally.declines) declines, within the bound in each; "
        + "\(tally.tight) approved 90 % of it, \(Int(seconds)) s (seed \(options.seed))")
  }

  private func show(_ mistake: PeerMistake) async throws {
    var options = options
    options.histories = Self.mistakeHistories
    guard let first = try await PeerGroupsProof(options).series(mistake).first else {
      throw LaboratoryError.broken(
        "peer-groups: seed \(options.seed): nobody noticed \(mistake.rawValue)")
    }
    let shortest = try shortest(first.number, mistake)
    Console.say(
      "peer-groups: planted \(mistake.rawValue): history \(first.number), "
        + "\(shortest.history.events.count) events: \(shortest.what)")
  }

  private func broken(_ number: Int) throws -> LaboratoryError {
    let shortest = try shortest(number, nil)
    let what = (["the shortest that fails:"] + shortest.history.lines + [shortest.what])
      .joined(separator: "\n")
    return .broken(
      """
      peer-groups: seed \(options.seed), history \(number):
      \(what)
      again: canteen-lab peer-groups --histories \(options.histories) --seed \(options.seed) \
      --only \(number)
      """)
  }

  func series(_ mistake: PeerMistake?) async throws -> Tally {
    let options = options
    return try await withThrowingTaskGroup(of: Tally.self) { group in
      for worker in 0..<Self.workers {
        group.addTask {
          var tally = Tally()
          for number in stride(from: worker, to: options.histories, by: Self.workers)
          where options.only ?? number == number {
            try tally.add(PeerWorld.run(history(number), mistake), number)
            if tally.first != nil { break }
            // Others want the thread as well.
            if tally.histories.isMultiple(of: 32) { await Task.yield() }
          }
          return tally
        }
      }
      return try await group.reduce(into: Tally()) { $0.add($1) }
    }
  }

  private func history(_ number: Int) -> PeerHistory {
    var random = SplitMix64(seed: options.seed, number: number)
    return PeerHistory(&random)
  }

  /// A failing history without the events that it does not need.
  func shortest(
    _ number: Int, _ mistake: PeerMistake?
  ) throws -> (history: PeerHistory, what: String) {
    var shortest = history(number)
    var what = try PeerWorld.run(shortest, mistake).finding ?? "it does not fail any more"
    var isShorter = true
    while isShorter {
      isShorter = false
      for place in shortest.events.indices.reversed() {
        var candidate = shortest
        candidate.events.remove(at: place)
        guard let finding = try PeerWorld.run(candidate, mistake).finding else { continue }
        (shortest, what, isShorter) = (candidate, finding, true)
      }
    }
    return (shortest, what)
  }
}

extension PeerGroupsProof.Tally {
  mutating func add(_ outcome: PeerWorld.Outcome, _ number: Int) {
    histories += 1
    approvals += outcome.approvals
    inGroup += outcome.inGroup
    declines += outcome.declines
    tight += outcome.approvedFen * 10 > outcome.bound * 9 ? 1 : 0
    if let finding = outcome.finding { first = (number, finding) }
  }

  mutating func add(_ other: Self) {
    histories += other.histories
    approvals += other.approvals
    inGroup += other.inGroup
    declines += other.declines
    tight += other.tight
    if let found = other.first, found.number < first?.number ?? .max { first = found }
  }
}
