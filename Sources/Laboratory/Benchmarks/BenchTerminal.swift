import CanteenModel
import Journal
import SyncProtocol
import Synchronization

/// A journal that sells, and its clock, which every swipe moves on.
final class BenchTerminal: Sendable {
  let journal: Journal
  private let accounts: Int
  private let isAfterKill: Bool
  private let elapsed: Elapsed
  private let swipes = Atomic<Int>(0)

  /// The milliseconds since the terminal was started, by its own clock.
  private final class Elapsed: Sendable {
    let milliseconds = Atomic<Int64>(0)
  }

  /// The journal's clock, so that every card comes again after the guard time and within the meal.
  private static let millisecondsPerSwipe: Int64 = 2
  /// The machine is up for longer than any guard time.
  private static let bootMilliseconds: Int64 = 3_600_000

  /// - Parameters:
  ///   - accounts: The cards 1 to that number are presented.
  ///   - start: The wall clock at the beginning, within a meal.
  ///   - isAfterKill: The last sale before the kill may be shown again instead of charged twice.
  init(
    path: String, accounts: Int, start: Int64 = BenchFeed.noon, isAfterKill: Bool = false
  ) throws {
    self.accounts = accounts
    self.isAfterKill = isAfterKill
    let elapsed = Elapsed()
    self.elapsed = elapsed
    journal = try Journal(
      Journal.Configuration(
        path: path, terminal: BenchFeed.terminal, key: SigningKey(), bootID: "benchmark-\(start)",
        clockFloorMilliseconds: 0,
        readClock: {
          let passed = elapsed.milliseconds.load(ordering: .relaxed)
          return ClockReading(
            wallMilliseconds: start + passed, bootMilliseconds: Self.bootMilliseconds + passed)
        }))
  }

  /// One durable sale. Neighbours in time are no neighbours in the file: 7919 is prime.
  func sell() async throws {
    let swipe = swipes.add(1, ordering: .relaxed).newValue
    elapsed.milliseconds.add(Self.millisecondsPerSwipe, ordering: .relaxed)
    let request = SaleRequest(
      lane: LaneID(1), medium: .card,
      credential: BenchFeed.card(Int64(swipe * 7919 % accounts + 1)),
      price: .mealPeriod)
    let outcome = try await journal.authorise(request)
    switch outcome.verdict {
    case .approved: break
    case .shownAgain where isAfterKill: break
    default:
      throw LaboratoryError.broken("the benchmark's sale \(swipe) was not approved: \(outcome)")
    }
  }

  /// One sale after the other, as a lane makes them.
  func sell(_ count: Int) async throws -> Latencies {
    try await withTaskExecutorPreference(journal.executor) { try await sellInTurn(count) }
  }

  private func sellInTurn(_ count: Int) async throws -> Latencies {
    let clock = ContinuousClock()
    var durations: [Duration] = []
    durations.reserveCapacity(count)
    for _ in 0..<count {
      let before = clock.now
      try await sell()
      durations.append(clock.now - before)
    }
    return Latencies(durations)
  }

  /// As many presentations at once as `lanes`, each lane one after the other.
  ///
  /// - Returns: Sales in a second.
  func throughput(_ count: Int, lanes: Int) async throws -> Double {
    try await withTaskExecutorPreference(journal.executor) {
      try await sellTogether(count, lanes: lanes)
    }
  }

  private func sellTogether(_ count: Int, lanes: Int) async throws -> Double {
    let clock = ContinuousClock()
    let before = clock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<lanes {
        group.addTask { for _ in 0..<count / lanes { try await self.sell() } }
      }
      try await group.waitForAll()
    }
    return Double(count / lanes * lanes) / ((clock.now - before) / .seconds(1))
  }
}
