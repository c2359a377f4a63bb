import ArgumentParser
import Laboratory

/// Measures the quarter's settlement.
struct QuarterBenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-quarter",
    abstract: "Measure a quarter's settlement, beside the bare sum of the same records.",
    discussion: "make bench calls this in a release build.")

  @Option(help: "The folder of the compiled C programs; what is measured goes beside it.")
  var peers = ".build/bench"
  @Option(help: "How many records are settled, a multiple of 50000.")
  var records = 10_000_000

  func validate() throws {
    guard records >= 50_000, records.isMultiple(of: 50_000) else {
      throw ValidationError("--records is a multiple of 50000")
    }
  }

  func run() async throws { try await QuarterBench(folder: peers, records: records).run() }
}
