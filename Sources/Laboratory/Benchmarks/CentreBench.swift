import Foundation

/// The centre's part of `make bench`.
package struct CentreBench: Sendable {
  private let peers: BenchPeers
  private let records: Int
  private let backlog: Int
  private let accounts: Int
  private let programs: String

  /// - Parameters:
  ///   - peers: The folder of the compiled C programs; results go beside it.
  ///   - records: How many the centre takes in each round. A multiple of 2000.
  ///   - backlog: How many each of 5,000 terminals brings.
  ///   - accounts: How many a fresh terminal is fed.
  ///   - programs: Where canteen-settlement is.
  package init(peers: String, records: Int, backlog: Int, accounts: Int, programs: String) {
    self.peers = BenchPeers(folder: peers)
    self.records = records
    self.backlog = backlog
    self.accounts = accounts
    self.programs = programs
  }

  /// Measures, prints the table, and adds the figures to the file of all of them.
  package func run() async throws {
    let ingest = try await IngestBenchmark(
      directory: peers.folder + "/run", peers: peers, records: records
    ).run()
    let some = try await drain(terminals: 20, recordsEach: records / 10)
    let storm = try await drain(terminals: 5_000, recordsEach: backlog)
    let fresh = try await onScratch { folder in
      try await FreshTerminalBenchmark(folder: folder, programs: programs, accounts: accounts).run()
    }
    Self.print("taken by the centre, SQLite", ingest.sqlite)
    Self.print("the same rows by SQL in C", ingest.c)
    Self.print("taken by the centre, PostgreSQL", ingest.postgres)
    Self.print("a bare COPY of the same rows", ingest.copy)
    let file = URL(filePath: peers.folder).deletingLastPathComponent().appending(path: "bench.json")
    let figures =
      ingest.figures + [
        BenchFigure(.drain20TerminalsS, some.seconds),
        BenchFigure(.stormCentreMib, storm.centreMiB),
        BenchFigure(.stormDrainS, storm.seconds),
        BenchFigure(.freshTerminalS, fresh.seconds),
        BenchFigure(.freshTerminalFedMib, fresh.fedMiB),
        BenchFigure(.freshTerminalLedgerMib, fresh.ledgerMiB),
      ]
    try BenchFigure.write(figures, to: file.path)
    for figure in figures { Console.say(figure.line) }
    Console.say(
      "20 terminals brought \(2 * records) records; 5,000 at once brought \(5_000 * backlog) and were "
        + "turned away \(storm.turnedAway) times")
    Console.say(
      "a fresh terminal took \(accounts) accounts as \(fresh.pages) pages; the centre had "
        + "\(Int(fresh.centreMiB)) MiB")
    Console.say("bench-centre: ok \(figures.count) figures")
  }

  private func drain(
    terminals: Int, recordsEach: Int
  ) async throws -> DrainBenchmark.Result {
    try await onScratch { folder in
      try await DrainBenchmark(
        folder: folder, programs: programs, terminals: terminals, recordsEach: recordsEach
      ).run()
    }
  }

  private func onScratch<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = peers.folder + "/run/centre"
    // try?: it is scratch.
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
  }

  private static func print(_ name: String, _ perSecond: [Double]) {
    guard !perSecond.isEmpty else { return }
    let title = name.padding(toLength: 32, withPad: " ", startingAt: 0)
    let median = String(format: "%8.0f", BenchFigure.median(perSecond))
    Console.say("\(title) \(median) records/s  (\(perSecond.count) rounds)")
  }
}
