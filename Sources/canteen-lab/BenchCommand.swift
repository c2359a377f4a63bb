import ArgumentParser
import Foundation
import Laboratory

/// Measures against the same work done otherwise.
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure every figure, side by side in one run.",
    discussion: """
      make bench compiles the peers and calls this in a release build. The large store takes about
      3 GB and some minutes the first time; it is kept beside the peers.
      """)

  @Option(help: "The folder of the compiled C programs.")
  var peers = ".build/bench"
  @Option(help: "How many swipes each program does.")
  var swipes = 2000
  @Option(help: "How many accounts the large store has.")
  var accounts = 1_000_000
  @Option(help: "How many sales are in the large store.")
  var records = 10_000_000

  func validate() throws {
    guard accounts >= 100, records >= accounts else {
      throw ValidationError("--accounts is 100 or more, --records at least as many")
    }
  }

  func run() async throws {
    try await Bench(
      peers: peers, swipes: swipes, accounts: accounts, records: records,
      program: try Programs.folder() + "/canteen-lab"
    ).run()
  }
}

/// The process that the benchmark kills, and the one that it starts afterwards.
struct BenchVictimCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-victim", abstract: "Sell from a store, for bench.", shouldDisplay: false)

  @Option var store: String
  @Option var accounts: Int
  @Option var noon: Int64
  @Option var started: UInt64 = 0
  @Flag var kill = false

  func run() async throws {
    let victim = BenchVictim(path: store, accounts: accounts, noon: noon)
    if kill { return try await victim.sellAndDie() }
    let report = try await victim.report(started: started)
    print(String(decoding: try JSONEncoder().encode(report), as: UTF8.self))
  }
}
