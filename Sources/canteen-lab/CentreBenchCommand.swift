import ArgumentParser
import Laboratory

/// Measures the centre.
struct CentreBenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-centre",
    abstract: "Measure what a centre takes in a second, beside SQL in C and PostgreSQL's COPY.",
    discussion: "make bench compiles the peers and calls this in a release build.")

  @Option(help: "The folder of the compiled C programs.")
  var peers = ".build/bench"
  @Option(help: "How many records the centre takes in each round, a multiple of 2000.")
  var records = 100_000

  func validate() throws {
    guard records >= 2000, records.isMultiple(of: 2000) else {
      throw ValidationError("--records is a multiple of 2000")
    }
  }

  func run() async throws {
    try await CentreBench(peers: peers, records: records).run()
  }
}
