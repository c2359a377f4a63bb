import ArgumentParser
import Laboratory

/// Counts who is refused although he has the money.
struct OrdinaryWeekCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ordinary-week",
    abstract: "False declines in an ordinary week of outages, for every class of credential.")

  @Option(help: "How many weeks are added up, 1 to 1000.")
  var weeks = 10
  @Option(help: "Makes the same weeks again.")
  var seed: UInt64?

  func validate() throws {
    guard (1...1000).contains(weeks) else { throw ValidationError("--weeks is 1 to 1000") }
  }

  func run() async throws {
    try await OrdinaryWeek(seed: seed ?? UInt64.random(in: 1...999_999), weeks: weeks).run()
  }
}
