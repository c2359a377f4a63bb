import ArgumentParser
import Laboratory
import VirtualReaders

/// Plays a terminal against any centre.
struct ConformanceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conformance",
    abstract: "Run the whole protocol against any centre, as a terminal.",
    discussion: """
      The centre makes a token for a terminal that has never settled; of Canteen's own centre:

        canteen-settlement terminal add --canteen 1 test
        canteen-lab conformance https://centre.example.org:8700 --token canteen-…

      It leaves a terminal with forks and gaps behind: use a centre for tests.
      """)

  @Argument(help: "Where the centre listens for terminals.")
  var url: String

  @Option(help: "The join token.")
  var token: String

  func run() async throws {
    try await ConformanceTest(url: url, token: token).run()
  }
}

/// Shows that the kit judges rightly.
struct ConformanceTrialsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conformance-trials",
    abstract:
      "Our centre and the guide's pass the kit, and each of fifteen planted mistakes fails it.",
    discussion: "Needs Debian's python3-cryptography.")

  func run() async throws {
    try VirtualBus.reexecUnderPreloadIfNeeded()
    try await ConformanceTrials(
      programs: try Programs.folder(), folder: try Programs.scratch("conformance"),
      repository: try Programs.repository()
    ).run()
  }
}
