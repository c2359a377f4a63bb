import ArgumentParser
import Laboratory

/// Puts an enemy between terminals and their centre.
struct HostileLinkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hostile-link",
    abstract:
      "A proxy that drops, repeats, reorders, cuts, changes and forges: nothing is lost or double.",
    discussion:
      "Real ledgers, sessions and books. Example: canteen-lab hostile-link --messages 1000000")

  @Option(help: "How many messages, 1 to 100000000.")
  var messages = 20_000
  @Option(help: "Makes the same messages again.")
  var seed: UInt64?

  func validate() throws {
    guard (1...100_000_000).contains(messages) else {
      throw ValidationError("--messages is 1 to 100000000")
    }
  }

  func run() async throws {
    try await HostileLinkTest(
      messages: messages, seed: seed ?? UInt64.random(in: 1...999_999)
    ).run()
  }
}
