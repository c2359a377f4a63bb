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

  @Option(help: "How many records each of 5,000 terminals brings that come back at once.")
  var backlog = 900

  @Option(help: "How many accounts a fresh terminal is fed.")
  var accounts = 1_000_000

  func validate() throws {
    guard records >= 2000, records.isMultiple(of: 2000) else {
      throw ValidationError("--records is a multiple of 2000")
    }
    guard backlog > 0 else { throw ValidationError("--backlog is 1 or more") }
    guard accounts > 0 else { throw ValidationError("--accounts is 1 or more") }
  }

  func run() async throws {
    try await CentreBench(
      peers: peers, records: records, backlog: backlog, accounts: accounts,
      programs: try Programs.folder()
    ).run()
  }
}
