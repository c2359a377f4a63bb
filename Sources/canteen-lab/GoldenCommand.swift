import ArgumentParser
import Laboratory

/// Keeps what this release says and writes.
struct GoldenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "golden",
    abstract:
      "What this release says on the wire and leaves on disk, as a folder for later releases.",
    discussion: """
      Batches, acks, feeds, holds and refunds as bytes, the ledgers and the books, and what they amount to. \
      Each release keeps one in Tests/SettlementTests/Golden, and every later one must still understand it.
      """)

  @Argument(help: "A folder that does not exist yet.") var folder: String

  func run() async throws {
    try await GoldenExchange.make(at: folder)
    print("golden: ok \(folder)")
  }
}
