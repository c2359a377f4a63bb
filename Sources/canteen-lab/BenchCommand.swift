import ArgumentParser
import Laboratory

/// Measures against the same work done otherwise.
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure every ratio, side by side in one run.",
    discussion: "make bench compiles the peers and calls this in a release build.")

  @Option(help: "The folder of the compiled C programs.")
  var peers = ".build/bench"
  @Option(help: "How many swipes each program does.")
  var swipes = 2000

  func run() async throws {
    try await Bench(peers: peers, swipes: swipes).run()
  }
}
