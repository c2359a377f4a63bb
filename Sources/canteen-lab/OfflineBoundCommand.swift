import ArgumentParser
import Laboratory

/// Tries to lose more on an account than the bound allows.
struct OfflineBoundCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "offline-bound",
    abstract: "Random histories of terminals that decide alone: the loss never exceeds its bound.")

  @Option(help: "How many histories, 1 to 1000000000. A release build does a million in minutes.")
  var histories = 100_000
  @Option(help: "Makes the same histories again.")
  var seed: UInt64?
  @Option(help: "This history alone, as a failure names it.")
  var only: Int?

  func validate() throws {
    guard (1...1_000_000_000).contains(histories) else {
      throw ValidationError("--histories is 1 to 1000000000")
    }
    guard only.map({ (0..<histories).contains($0) }) ?? true else {
      throw ValidationError("--only is the number of a history, 0 to \(histories - 1)")
    }
  }

  func run() async throws {
    let seed = seed ?? UInt64.random(in: 1...999_999)
    var options = OfflineBoundProof.Options(histories: histories, seed: seed)
    options.only = only
    try await OfflineBoundProof(options).run()
  }
}
