import ArgumentParser
import Foundation
import TerminalDaemon

/// The daemon of a canteen terminal.
@main
struct Canteend: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "canteend",
    abstract: "Runs a canteen terminal: readers, ledger, and the way to the centre.",
    discussion: """
      Settings come from the environment, then from the file, then from defaults. The file is JSON: \
      {"canteen": {"name": "市委食堂", "sync": {"direction": "push"}}}; the same setting in the \
      environment is CANTEEN_SYNC_DIRECTION=push.
      """,
    subcommands: [Run.self, NewLedger.self], defaultSubcommand: Run.self)
}

/// Where the settings are.
struct SettingsFile: ParsableArguments {
  @Option(name: .customLong("config"), help: "The settings file (JSON).")
  var path: String?

  func read() async throws -> TerminalConfiguration {
    do {
      return try await TerminalConfiguration.read(
        file: path ?? "/etc/canteen/canteend.json", isRequired: path != nil)
    } catch let error as ConfigurationError {
      FileHandle.standardError.write(Data("Error: \(error)\n".utf8))
      throw ExitCode(DaemonExit.wrongSetting)
    }
  }
}

/// How the daemon ends, by sysexits.h. systemd starts it again after ``startAgain`` only, and after a
/// crash; the unit names the others.
enum DaemonExit {
  /// EX_USAGE.
  static let wrongSetting: Int32 = 64
  /// EX_TEMPFAIL.
  static let startAgain: Int32 = 75
  /// EX_CONFIG: the ledger needs a person.
  static let needsPerson: Int32 = 78
}
