import ArgumentParser
import TerminalDaemon

/// The daemon of a canteen terminal.
@main
struct Canteend: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "canteend",
    abstract: "Runs a canteen terminal: readers, ledger, and the way to the centre.",
    discussion: """
      Settings come from the environment, then from the file, then from defaults. The file is JSON: \
      {"canteen": {"terminal": 3, "sync": {"direction": "push"}}}; the same setting in the \
      environment is CANTEEN_SYNC_DIRECTION=push.
      """,
    subcommands: [Run.self, Key.self, NewLedger.self], defaultSubcommand: Run.self)
}

/// Where the settings are.
struct SettingsFile: ParsableArguments {
  @Option(name: .customLong("config"), help: "The settings file (JSON).")
  var path: String?

  func read() async throws -> TerminalConfiguration {
    try await TerminalConfiguration.read(
      file: path ?? "/etc/canteen/canteend.json", isRequired: path != nil)
  }
}
