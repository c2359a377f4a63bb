import Foundation

/// `make bench`: every figure in one run, as a table and as `.build/bench.json`.
package struct Bench: Sendable {
  private let peers: BenchPeers
  private let swipes: Int
  private let store: LargeStore
  private let program: String

  /// - Parameters:
  ///   - peers: The folder of the compiled C programs; results go beside it.
  ///   - swipes: How many swipes each program does, in all rounds together. 100 or more.
  ///   - accounts: How many accounts the large store has.
  ///   - records: How many sales are in it; at least one for each account.
  ///   - program: This program's own path: it starts itself to be killed.
  package init(peers: String, swipes: Int, accounts: Int, records: Int, program: String) {
    self.peers = BenchPeers(folder: peers)
    self.swipes = swipes
    self.program = program
    store = LargeStore(
      folder: "\(peers)/store-\(accounts)-\(records)", accounts: accounts, records: records)
  }

  /// Measures, prints the table, and writes the file.
  package func run() async throws {
    let directory = peers.folder + "/run"
    let small = try await AuthoriseBenchmark(
      directory: directory, peers: peers,
      swipesPerRound: max(20, swipes / AuthoriseBenchmark.rounds)
    ).run()
    Console.say(
      "a ledger of \(store.records) sales and \(store.accounts) accounts: \(store.folder)")
    let large = try await LargeStoreBenchmark(
      store: store, directory: directory, peers: peers, program: program,
      swipesPerRound: max(20, swipes / LargeStoreBenchmark.rounds)
    ).run()
    Self.print("authorise and commit, canteen", small.ours)
    Self.print("the same SQL in C", small.c)
    Self.print("4 KiB write and fdatasync", small.disk)
    Self.print("the same debit on PostgreSQL", small.postgres)
    Self.print("large store", large.large)
    Self.print("empty store beside it", large.empty)
    Self.print("large store, being verified", large.underVerify)
    Self.print("the same SQL in C beside it", large.c)
    let figures = Self.figures(small) + Self.figures(large)
    let file = URL(filePath: peers.folder).deletingLastPathComponent().appending(path: "bench.json")
    try BenchFigure.write(figures, to: file.path)
    for figure in figures { Console.say(figure.line) }
    Console.say("bench: ok \(figures.count) figures, \(AuthoriseBenchmark.rounds) rounds each")
  }

  private static func figures(_ result: AuthoriseBenchmark.Result) -> [BenchFigure] {
    let ours = result.ours.map(\.p50)
    var figures = [
      BenchFigure(.authoriseP50VsC, ratio: ours, result.c.map(\.p50)),
      BenchFigure(
        .authoriseP99VsC, ratio: result.ours.map(\.p99), result.c.map(\.p99)),
      BenchFigure(.authoriseP50VsFdatasync, ratio: ours, result.disk.map(\.p50)),
      BenchFigure(
        .authoriseThroughput16VsC, ratio: result.together, result.c.map(\.perSecond)),
    ]
    if !result.postgres.isEmpty {
      figures.append(
        BenchFigure(
          .authoriseP50VsPostgres, ratio: ours, result.postgres.map(\.p50)))
    }
    return figures
  }

  private static func figures(_ result: LargeStoreBenchmark.Result) -> [BenchFigure] {
    [
      BenchFigure(
        .authoriseP50MillionVsEmpty, ratio: result.large.map(\.p50), result.empty.map(\.p50)),
      BenchFigure(
        .authoriseP99UnderVerifyVsC, ratio: result.underVerify.map(\.p99),
        result.c.map(\.p99)),
      BenchFigure(
        .restartToFirstApprovalS,
        BenchFigure.median(result.restarts.map(\.firstApprovalSeconds))),
      BenchFigure(
        .residentMib, BenchFigure.median(result.restarts.map(\.residentMiB))),
    ]
  }

  private static func print(_ name: String, _ rounds: [Latencies]) {
    guard !rounds.isEmpty else { return }
    let figures = [rounds.map(\.p50), rounds.map(\.p95), rounds.map(\.p99)]
    let cells = figures.map { String(format: "%8.1f", BenchFigure.median($0)) }
    let title = name.padding(toLength: 32, withPad: " ", startingAt: 0)
    Console.say(
      "\(title) p50 \(cells[0]) us  p95 \(cells[1]) us  p99 \(cells[2]) us"
        + "  (n = \(rounds.map(\.n).reduce(0, +)))")
  }
}
