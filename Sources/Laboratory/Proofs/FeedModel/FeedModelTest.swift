import RecordingDisk

/// What a terminal believes to be available is never wrong: random histories of four real ledgers and
/// the real books (``FeedHistory``).
package struct FeedModelTest: Sendable {
  package struct Options: Sendable {
    /// 1 or more, each of so many steps.
    package var histories: Int
    package var steps: Int
    package var seed: UInt64
    /// One history alone, to see a failure again.
    package var only: Int?

    package init(histories: Int, steps: Int, seed: UInt64) {
      self.histories = histories
      self.steps = steps
      self.seed = seed
    }
  }

  /// What did not hold, and what happened before.
  struct Finding: Sendable {
    let number: Int
    let what: String
    let trace: [String]
  }

  private let options: Options

  package init(_ options: Options) {
    self.options = options
  }

  private static let workers = 2
  /// Within so many histories a planted mistake must be found.
  static let mistakeHistories = 60

  /// Shows first that each planted mistake is found.
  ///
  /// - Throws: ``LaboratoryError/broken(_:)`` with the command that shows the first finding again.
  package func run() async throws {
    if options.only == nil {
      for mistake in FeedMistake.allCases {
        var options = options
        options.histories = Self.mistakeHistories
        guard let finding = try await FeedModelTest(options).series(mistake).first else {
          throw LaboratoryError.broken(
            "feed-model: seed \(options.seed): nobody noticed \(mistake.rawValue)")
        }
        Console.say(
          "feed-model: planted \(mistake.rawValue): history \(finding.number): \(finding.what)")
      }
    }
    let clock = ContinuousClock()
    let start = clock.now
    let (tally, first) = try await series(nil)
    if let first { throw broken(first) }
    let seconds = Int((clock.now - start) / .seconds(1))
    Console.say(
      """
      feed-model: \(tally.sales) sales, \(tally.corrections) refunds, \(tally.batches) batches \
      (\(tally.batchesAgain) again), \(tally.acks) acks (\(tally.acksRefused) refused), \(tally.pages) pages (\(tally.pagesLate) out \
      of order), \(tally.epochs) new epochs, \(tally.branches) restored ledgers, \
      \(tally.restoredCentres) restored centres, \(tally.suspenseFen) fen in suspense
      feed-model: ok \(tally.histories) histories, \(tally.steps) steps, \(tally.checks) balances as \
      they must be (\(tally.low) of them lower for a while after a lost ack, none higher), \
      \(seconds) s (seed \(options.seed))
      """)
  }

  private func broken(_ finding: Finding) -> LaboratoryError {
    .broken(
      """
      feed-model: seed \(options.seed), history \(finding.number): \(finding.what)
      \(finding.trace.joined(separator: "\n"))
      again: canteen-lab feed-model --histories \(options.histories) --steps \(options.steps) \
      --seed \(options.seed) --only \(finding.number)
      """)
  }

  /// - Returns: The first finding of each worker's histories, the lowest number of them.
  func series(_ mistake: FeedMistake?) async throws -> (tally: FeedTally, first: Finding?) {
    let numbers = (0..<options.histories).filter { options.only ?? $0 == $0 }
    return try await withThrowingTaskGroup(of: (FeedTally, Finding?).self) { group in
      for worker in 0..<Self.workers {
        group.addTask {
          var tally = FeedTally()
          for number in numbers where number % Self.workers == worker {
            if let finding = try await history(number, mistake, &tally) { return (tally, finding) }
          }
          return (tally, nil)
        }
      }
      var (tally, first): (FeedTally, Finding?) = (FeedTally(), nil)
      for try await (part, finding) in group {
        tally.add(part)
        guard let finding, finding.number < first?.number ?? .max else { continue }
        first = finding
      }
      return (tally, first)
    }
  }

  private func history(
    _ number: Int, _ mistake: FeedMistake?, _ tally: inout FeedTally
  ) async throws -> Finding? {
    let folder = try ImageFolder()
    let history = try await FeedHistory(
      folder: folder.path, seed: options.seed, number: number, mistake: mistake)
    var finding: Finding?
    do {
      try await history.run(steps: options.steps)
    } catch let error as LaboratoryError {
      finding = Finding(number: number, what: error.description, trace: history.trace)
    } catch {
      finding = Finding(number: number, what: "\(error)", trace: history.trace)
    }
    try history.close()
    history.tally.histories += 1
    tally.add(history.tally)
    return finding
  }
}
