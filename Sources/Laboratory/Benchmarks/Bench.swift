import Foundation

/// `make bench`: every ratio in one run, as a table and as `.build/bench.json`.
package struct Bench: Sendable {
  private let peers: String
  private let swipes: Int

  /// - Parameters:
  ///   - peers: The folder of the compiled C programs; results go beside it.
  ///   - swipes: How many swipes each program does, in all rounds together. 100 or more.
  package init(peers: String, swipes: Int) {
    self.peers = peers
    self.swipes = swipes
  }

  /// Measures, prints the table, and writes the file.
  package func run() async throws {
    let benchmark = AuthoriseBenchmark(
      directory: peers + "/run", peers: peers,
      swipesPerRound: max(1, swipes / AuthoriseBenchmark.rounds))
    let result = try await benchmark.run()
    Self.print("authorise and commit, canteen", result.ours)
    Self.print("the same SQL in C", result.c)
    Self.print("4 KiB write and fdatasync", result.disk)
    let ratios = [
      "authorise_p50_vs_c": Self.ratio(result.ours, result.c, \.p50),
      "authorise_p99_vs_c": Self.ratio(result.ours, result.c, \.p99),
      "authorise_p50_vs_fdatasync": Self.ratio(result.ours, result.disk, \.p50),
    ]
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let rounded = ratios.mapValues { ($0 * 1000).rounded() / 1000 }
    let file = URL(filePath: peers).deletingLastPathComponent().appending(path: "bench.json")
    try encoder.encode(rounded).write(to: file)
    for (key, value) in rounded.sorted(by: { $0.key < $1.key }) { Console.say("\(key) = \(value)") }
    Console.say("bench: ok \(rounded.count) ratios, \(AuthoriseBenchmark.rounds) rounds each")
  }

  /// The median over the rounds of ours divided by theirs.
  private static func ratio(
    _ ours: [Latencies], _ theirs: [Latencies], _ figure: KeyPath<Latencies, Double>
  ) -> Double {
    median(zip(ours, theirs).map { $0[keyPath: figure] / $1[keyPath: figure] })
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted[sorted.count / 2]
  }

  private static func print(_ name: String, _ rounds: [Latencies]) {
    let figures = [median(rounds.map(\.p50)), median(rounds.map(\.p95)), median(rounds.map(\.p99))]
    let cells = figures.map { String(format: "%8.1f", $0) }
    let title = name.padding(toLength: 32, withPad: " ", startingAt: 0)
    Console.say(
      "\(title) p50 \(cells[0]) us  p95 \(cells[1]) us  p99 \(cells[2]) us"
        + "  (n = \(rounds.map(\.n).reduce(0, +)))")
  }
}
