import ArgumentParser
import LocalAPI

/// Settling by hand.
struct SyncCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync", abstract: "Settle with the centre.", subcommands: [Now.self],
    defaultSubcommand: Now.self)

  struct Now: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Settle now instead of at the next beat.",
      discussion: "Example: canteenctl sync now")

    @OptionGroup var connection: Connection

    func run() async throws {
      try await asking { () throws(ControlError) in try await connection.terminal.syncNow() }
      print("settling")
    }
  }
}
