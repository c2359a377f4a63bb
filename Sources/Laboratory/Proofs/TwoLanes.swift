import CanteenModel
import Journal
import SeededRandom

/// Two lanes ask at once for one account that has money for one meal: one of them is told yes.
///
/// Through the real journal, both requests in one commit group. What limits the account is its money,
/// and, in one round more for every ten, what a terminal may approve alone.
package struct TwoLanes: Sendable {
  package struct Options: Sendable {
    /// Rounds in which the money decides. 1 or more.
    package var rounds: Int
    package var seed: UInt64

    package init(rounds: Int, seed: UInt64) {
      self.rounds = rounds
      self.seed = seed
    }
  }

  struct Tally: Sendable {
    var moneyRounds = 0
    var capRounds = 0
    /// Rounds whose two requests committed in one group.
    var together = 0
    /// Approvals of lane 1 and of lane 2.
    var approvals = [0, 0]
    /// The first round that was not answered once; nothing is tried after it.
    var first: String?
  }

  private let options: Options

  package init(_ options: Options) {
    self.options = options
  }

  /// Every ledger is sold from for so many rounds, at an account each, and then verified.
  static let roundsPerLedger = 500
  private static let workers = 2

  /// - Throws: ``LaboratoryError/broken(_:)`` with the seed of the first finding.
  package func run() async throws {
    #if SEEDED_BUGS
      let caught = try await SeededBug.$planted.withValue(.decisionOutsideTransaction) {
        try await TwoLanes(Options(rounds: 20, seed: options.seed)).series().first
      }
      guard let caught else {
        throw broken("nobody noticed \(SeededBug.decisionOutsideTransaction.rawValue)")
      }
      Console.say("two-lanes: the planted bug is found: \(caught)")
    #endif
    let clock = ContinuousClock()
    let start = clock.now
    let tally = try await series()
    if let first = tally.first { throw broken(first) }
    let rounds = tally.moneyRounds + tally.capRounds
    guard tally.together == rounds else {
      throw broken("only \(tally.together) of \(rounds) rounds were one group")
    }
    let seconds = (clock.now - start) / .seconds(1)
    Console.say(
      "two-lanes: ok \(tally.moneyRounds) rounds with money for one meal and \(tally.capRounds) with "
        + "a cap for one, one approval each (lane 1 \(tally.approvals[0]), lane 2 "
        + "\(tally.approvals[1])), \(tally.together) of \(rounds) in one commit group, "
        + "\(Int(seconds)) s (seed \(options.seed))")
  }

  private func broken(_ what: String) -> LaboratoryError {
    .broken(
      """
      two-lanes: \(what)
      again: canteen-lab two-lanes --rounds \(options.rounds) --seed \(options.seed)
      """)
  }

  func series() async throws -> Tally {
    let plans = Self.plans(money: options.rounds)
    let seed = options.seed
    return try await withThrowingTaskGroup(of: Tally.self) { group in
      for worker in 0..<Self.workers {
        group.addTask {
          var tally = Tally()
          for plan in plans where plan.number % Self.workers == worker && tally.first == nil {
            var random = SplitMix64(seed: seed, number: plan.number)
            try await LaneRace(plan, &random).run(&tally, &random)
          }
          return tally
        }
      }
      return try await group.reduce(into: Tally()) { $0.add($1) }
    }
  }

  /// What one ledger is there for.
  struct Plan: Sendable {
    let number: Int
    let rounds: Int
    let limit: Limit
  }

  enum Limit: Sendable {
    case money, cap
  }

  private static func plans(money: Int) -> [Plan] {
    let wanted: [(Int, Limit)] = [(money, .money), (money / 10, .cap)]
    var plans: [Plan] = []
    for (rounds, limit) in wanted {
      for start in Swift.stride(from: 0, to: rounds, by: roundsPerLedger) {
        plans.append(
          Plan(number: plans.count, rounds: min(roundsPerLedger, rounds - start), limit: limit))
      }
    }
    return plans
  }
}

extension TwoLanes.Tally {
  mutating func add(_ other: Self) {
    moneyRounds += other.moneyRounds
    capRounds += other.capRounds
    together += other.together
    approvals = zip(approvals, other.approvals).map { $0 + $1 }
    first = first ?? other.first
  }
}
