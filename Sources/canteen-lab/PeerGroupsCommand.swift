import ArgumentParser
import Laboratory

/// Tries to approve more at the terminals of a canteen than the bound allows.
struct PeerGroupsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peer-groups",
    abstract: "Random histories of a canteen's broken network: its terminals keep their bound.")

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
    var options = PeerGroupsProof.Options(histories: histories, seed: seed)
    options.only = only
    try await PeerGroupsProof(options).run()
  }
}
