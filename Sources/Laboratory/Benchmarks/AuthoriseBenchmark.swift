import CanteenModel
import Foundation
import Journal
import SyncProtocol
import Synchronization

/// One durable decision after the other: our journal, the same SQL in C, and the disk alone, in turns,
/// so that a machine that grows slower grows slower for all of them.
struct AuthoriseBenchmark {
  /// Where the databases go: on the disk that is measured.
  let directory: String
  /// Where `authorise-c` and `fdatasync-c` are.
  let peers: String
  let swipesPerRound: Int

  static let rounds = 5
  private static let accounts = 1000

  struct Result {
    let ours: [Latencies]
    let c: [Latencies]
    let disk: [Latencies]
  }

  func run() async throws -> Result {
    var (ours, c, disk): ([Latencies], [Latencies], [Latencies]) = ([], [], [])
    // What a run that was ended left: an empty ledger is measured.
    if FileManager.default.fileExists(atPath: directory) {
      try FileManager.default.removeItem(atPath: directory)
    }
    for round in 1...Self.rounds {
      let folder = "\(directory)/round-\(round)"
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      ours.append(try await measureJournal(in: folder))
      c.append(try measurePeer("authorise-c", in: folder))
      disk.append(try measurePeer("fdatasync-c", in: folder))
      try FileManager.default.removeItem(atPath: folder)
    }
    return Result(ours: ours, c: c, disk: disk)
  }

  private func measurePeer(_ name: String, in folder: String) throws -> Latencies {
    try Latencies(
      peer: try ProgramOutput.of("\(peers)/\(name)", [folder, "\(swipesPerRound)"]))
  }

  private func measureJournal(in folder: String) async throws -> Latencies {
    let clock = ContinuousClock()
    let elapsed = Atomic<Int64>(0)
    let journal = try Journal(
      Journal.Configuration(
        path: folder + "/ledger.sqlite", terminal: TerminalID(1), key: SigningKey(),
        bootID: "benchmark", clockFloorMilliseconds: 0,
        readClock: {
          let elapsed = elapsed.load(ordering: .relaxed)
          return ClockReading(
            wallMilliseconds: Self.noon + elapsed, bootMilliseconds: elapsed)
        }))
    try await journal.apply(Self.feed)
    var durations: [Duration] = []
    durations.reserveCapacity(swipesPerRound)
    for swipe in 0..<swipesPerRound {
      let request = SaleRequest(
        lane: LaneID(1), medium: .card, credential: Self.card(swipe % Self.accounts + 1),
        price: .mealPeriod)
      elapsed.add(Self.millisecondsPerSwipe, ordering: .relaxed)
      let before = clock.now
      let outcome = try await journal.authorise(request)
      durations.append(clock.now - before)
      guard case .approved = outcome.verdict else {
        throw LaboratoryError.broken("the benchmark's sale \(swipe) was not approved: \(outcome)")
      }
    }
    try journal.close()
    return Latencies(durations)
  }

  /// The journal's clock, so that every card comes again after the guard time and within the meal.
  private static let millisecondsPerSwipe: Int64 = 2

  /// 2026-11-23 12:00 in China.
  private static let noon: Int64 = 1_795_406_400_000

  private static var feed: FeedPage {
    let rulebook = Rulebook(
      version: 1, legalBasis: "benchmark", utcOffsetMinutes: 480,
      mealPeriods: [
        MealPeriod(number: 1, name: "午餐", startMinute: 600, endMinute: 840, price: Fen(1500))
      ], spendOrder: [.subsidy, .personal], singleLimit: Fen(100_000), salesPerMeal: 1000,
      repeatGuardSeconds: 1,
      offline: OfflineCaps(
        home: Fen(10_000_000), alone: Fen(10_000_000), approvals: 100, serialTrust: .medium))
    let accounts = (1...Self.accounts).map { number in
      AccountSnapshot(
        account: AccountID(Int64(number)), maskedName: "王*明", status: .active,
        homeCanteen: CanteenID(1),
        tranches: PurseAmounts(subsidy: Fen(100_000_000), personal: Fen(100_000_000))
          .withoutTranches,
        version: Int64(number), includes: nil, credentials: [card(number)])
    }
    return FeedPage(
      terminal: TerminalID(1), fromCursor: 0, toCursor: Int64(Self.accounts), hasMore: false,
      accounts: accounts, rulebook: rulebook, timeMilliseconds: noon)
  }

  private static func card(_ number: Int) -> Credential {
    Credential(
      kind: .cardSerial,
      value: [0x04] + (0..<6).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) })
  }
}
