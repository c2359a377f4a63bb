import CanteenModel
import Foundation
import LinkSecurity
import SQLStore
import SettlementStore
import SyncProtocol
import SyncTransport
import Synchronization

/// Terminals that come back all at once, each with what it sold while the centre was away: over TLS, each with a
/// certificate of its own, to the centre's own program.
struct DrainBenchmark {
  let folder: String
  /// Where the programs are.
  let programs: String
  let terminals: Int
  let recordsEach: Int

  struct Result {
    let seconds: Double
    /// The most that the centre's program had in memory, in MiB.
    let centreMiB: Double
    /// How often a terminal was told to come later, or had no answer.
    let turnedAway: Int
  }

  private final class Count: Sendable {
    let value = Atomic<Int>(0)
  }

  private static let accounts = 10_000
  /// What a terminal waits at most between two tries, as the product's do.
  private static let longestRest = 60.0

  func run() async throws -> Result {
    let site = try CentreSite(folder: folder, programs: programs)
    let header = "account,name,unit,status,subsidy,personal,cards"
    let rows = (1...Self.accounts).map { "\($0),王小明,机关,active,0.00,0.00," }
    try site.prepare(
      rulebook: Menu.rulebook(salesPerMeal: 2, repeatGuardSeconds: 60),
      accounts: ([header] + rows).joined(separator: "\n"))
    let now = Int64(Date().timeIntervalSince1970 * 1000)
    let all = try (1...terminals).map { number in
      try IngestTerminal(
        number, records: recordsEach, accounts: Self.accounts, now: now, isReady: false)
    }
    let key = try await add(all, to: site)
    let clients = try BenchCentre.clients(of: all.map(\.id), at: site, now: now)

    let centre = try site.serve()
    try await Patience.until("the centre answers", within: .seconds(60)) { site.isAnswering }
    let turnedAway = Count()
    let clock = ContinuousClock()
    let before = clock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (terminal, client) in zip(all, clients) {
        group.addTask { try await drain(terminal, client, key, turnedAway) }
      }
      try await group.waitForAll()
    }
    let seconds = (clock.now - before) / .seconds(1)
    let memory = BenchCentre.mostMemory(of: centre.pid)
    await centre.stop()
    try await check(site)
    return Result(
      seconds: seconds, centreMiB: memory,
      turnedAway: turnedAway.value.load(ordering: .relaxed))
  }

  /// Lets the centre know the terminals, as if they had joined.
  ///
  /// - Returns: What its acks are signed with.
  private func add(_ all: [IngestTerminal], to site: CentreSite) async throws -> VerifyingKey {
    let books = try BenchCentre.books(of: site)
    for terminal in all { try await books.add(terminal.entry) }
    try books.close()
    return books.publicKey
  }

  private func drain(
    _ terminal: IngestTerminal, _ client: CentreClient, _ key: VerifyingKey,
    _ turnedAway: Count
  ) async throws {
    var terminal = terminal
    var failures = 0
    while !terminal.isDone {
      let (batch, facts) = try terminal.nextBatch()
      do {
        let ack = try await client.deliver(batch: batch)
        try terminal.take(ack: ack, for: facts, from: key)
        failures = 0
      } catch let error as LinkError {
        turnedAway.value.add(1, ordering: .relaxed)
        failures += 1
        var rest = min(Self.longestRest, Double(1 << min(failures, 6)))
        if case .notNow(let seconds, _) = error { rest = Double(seconds) * 1.5 }
        try await Task.sleep(for: .seconds(rest * Double.random(in: 0.5...1)))
      }
    }
  }

  private func check(_ site: CentreSite) async throws {
    let books = try BenchCentre.books(of: site)
    let check = try await books.check()
    try books.close()
    guard check.isGood, check.records == terminals * recordsEach else {
      throw LaboratoryError.broken("the books are wrong after the storm: \(check)")
    }
  }
}
