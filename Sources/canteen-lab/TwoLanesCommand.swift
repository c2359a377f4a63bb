import ArgumentParser
import Laboratory

/// Lets two lanes race for the last meal of an account.
struct TwoLanesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "two-lanes",
    abstract: "Two lanes, one account, money for one meal, one commit group: one approval.")

  @Option(help: "How often they race, 1 to 10000000.")
  var rounds = 100_000
  @Option(help: "Gives the same accounts, prices and order of arrival again.")
  var seed: UInt64?

  func validate() throws {
    guard (1...10_000_000).contains(rounds) else {
      throw ValidationError("--rounds is 1 to 10000000")
    }
  }

  func run() async throws {
    let seed = seed ?? UInt64.random(in: 1...999_999)
    try await TwoLanes(TwoLanes.Options(rounds: rounds, seed: seed)).run()
  }
}
