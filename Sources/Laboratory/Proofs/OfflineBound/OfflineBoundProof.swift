import SeededRandom

/// For every account the loss is at most the sum over the terminals that decide alone of
/// `min(balance it was fed, meal periods × cap)`: random histories against the real rules.
package struct OfflineBoundProof: Sendable {
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
    var declines = 0
    /// Histories in which the centre lost something, the most that it lost, and the bound there.
    var lossy = 0
    var worst: (loss: Int64, bound: Int64) = (0, 0)
    /// Histories that lost something and approved more than nine tenths of the bound.
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
  static let mistakeHistories = 20_000

  /// Shows first that each planted mistake is found.
  ///
  /// - Throws: ``LaboratoryError/broken(_:)`` with the shortest history that still fails.
  package func run() async throws {
    if options.only == nil {
      for mistake in BoundMistake.allCases { try await show(mistake) }
    }
    let clock = ContinuousClock()
    let start = clock.now
    let tally = try await series(nil)
    if let first = tally.first { throw broken(first.number, nil) }
    let seconds = (clock.now - start) / .seconds(1)
    Console.say(
      "offline-bound: ok \(tally.histories) histories, \(tally.approvals) approvals, "
        + "\(tally.declines) declines, loss ≤ bound in each; \(tally.lossy) lost something, "
        + "\(tally.tight) of these approved 90 % of the bound, the worst lost \(tally.worst.loss) fen of "
        + "\(tally.worst.bound), \(Int(seconds)) s (seed \(options.seed))")
  }

  private func show(_ mistake: BoundMistake) async throws {
    var options = options
    options.histories = min(options.histories, Self.mistakeHistories)
    guard let first = try await OfflineBoundProof(options).series(mistake).first else {
      throw LaboratoryError.broken(
        "offline-bound: seed \(options.seed): nobody noticed \(mistake.rawValue)")
    }
    let shortest = try shortest(first.number, mistake)
    Console.say(
      "offline-bound: planted \(mistake.rawValue): history \(first.number), "
        + "\(shortest.history.events.count) events: \(shortest.what)")
  }

  private func broken(_ number: Int, _ mistake: BoundMistake?) -> LaboratoryError {
    let what: String
    do {
      let shortest = try shortest(number, mistake)
      what = (["the shortest that fails:"] + shortest.history.lines + [shortest.what])
        .joined(separator: "\n")
    } catch {
      what = "\(error)"
    }
    return .broken(
      """
      offline-bound: seed \(options.seed), history \(number):
      \(what)
      again: canteen-lab offline-bound --histories \(options.histories) --seed \(options.seed) \
      --only \(number)
      """)
  }

  func series(_ mistake: BoundMistake?) async throws -> Tally {
    let options = options
    return try await withThrowingTaskGroup(of: Tally.self) { group in
      for worker in 0..<Self.workers {
        group.addTask {
          var tally = Tally()
          for number in stride(from: worker, to: options.histories, by: Self.workers)
          where options.only ?? number == number {
            try tally.add(OfflineWorld.run(history(number), mistake), number)
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

  private func history(_ number: Int) -> OfflineHistory {
    var random = SplitMix64(seed: options.seed, number: number)
    return OfflineHistory(&random)
  }

  /// A failing history without the events that it does not need.
  func shortest(
    _ number: Int, _ mistake: BoundMistake?
  ) throws -> (history: OfflineHistory, what: String) {
    var shortest = history(number)
    var what = try OfflineWorld.run(shortest, mistake).finding ?? "it does not fail any more"
    var isShorter = true
    while isShorter {
      isShorter = false
      for place in shortest.events.indices.reversed() {
        var candidate = shortest
        candidate.events.remove(at: place)
        guard let finding = try OfflineWorld.run(candidate, mistake).finding else { continue }
        (shortest, what, isShorter) = (candidate, finding, true)
      }
    }
    return (shortest, what)
  }
}

extension OfflineBoundProof.Tally {
  mutating func add(_ outcome: OfflineWorld.Outcome, _ number: Int) {
    histories += 1
    approvals += outcome.approvals
    declines += outcome.declines
    lossy += outcome.loss > 0 ? 1 : 0
    tight += outcome.loss > 0 && outcome.approvedFen * 10 > outcome.bound * 9 ? 1 : 0
    if outcome.loss > worst.loss { worst = (outcome.loss, outcome.bound) }
    if let finding = outcome.finding { first = (number, finding) }
  }

  mutating func add(_ other: Self) {
    histories += other.histories
    approvals += other.approvals
    declines += other.declines
    lossy += other.lossy
    tight += other.tight
    if other.worst.loss > worst.loss { worst = other.worst }
    if let found = other.first, found.number < first?.number ?? .max { first = found }
  }
}
