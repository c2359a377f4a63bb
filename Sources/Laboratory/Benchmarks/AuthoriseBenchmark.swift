import Foundation
import Journal

/// One durable decision after the other: our journal, the same SQL in C, the disk alone, and PostgreSQL,
/// in turns, so that a machine that grows slower grows slower for all of them.
struct AuthoriseBenchmark {
  /// Where the databases go: on the disk that is measured.
  let directory: String
  let peers: BenchPeers
  let swipesPerRound: Int

  static let rounds = 5
  private static let accounts = 1000
  /// How many presentations are in flight at once, where it is not one.
  static let lanes = 16

  struct Result {
    var ours: [Latencies] = []
    /// Sales in a second with ``AuthoriseBenchmark/lanes`` in flight.
    var together: [Double] = []
    var c: [Latencies] = []
    var disk: [Latencies] = []
    /// Empty where no PostgreSQL is installed.
    var postgres: [Latencies] = []
  }

  func run() async throws -> Result {
    // What a run that was ended left: an empty ledger is measured.
    if FileManager.default.fileExists(atPath: directory) {
      try FileManager.default.removeItem(atPath: directory)
    }
    let socket = try peers.startPostgres()
    defer { peers.stopPostgres() }
    var result = Result()
    for round in 1...Self.rounds {
      let folder = "\(directory)/round-\(round)"
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      let terminal = try await Self.freshTerminal(in: folder)
      result.ours.append(try await terminal.sell(swipesPerRound))
      result.together.append(try await terminal.throughput(swipesPerRound, lanes: Self.lanes))
      try terminal.journal.close()
      result.c.append(try peers.measure("authorise-c", in: folder, swipesPerRound))
      result.disk.append(try peers.measure("fdatasync-c", in: folder, swipesPerRound))
      if let socket {
        result.postgres.append(try peers.measure("authorise-postgres", in: socket, swipesPerRound))
      }
      try FileManager.default.removeItem(atPath: folder)
    }
    return result
  }

  /// A terminal with an empty ledger and a thousand fed accounts.
  static func freshTerminal(in folder: String) async throws -> BenchTerminal {
    let terminal = try BenchTerminal(path: folder + "/ledger.sqlite", accounts: accounts)
    try await terminal.journal.apply(BenchFeed.page(accounts: accounts))
    return terminal
  }
}
