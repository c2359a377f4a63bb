import ArgumentParser
import CanteenModel
import Foundation
import LocalAPI
import Logging
import ServiceLifecycle
import TerminalDaemon
import UnixSignals

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
    subcommands: [Run.self, Key.self], defaultSubcommand: Run.self)
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

/// Sells until it is told to stop.
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the terminal (the default).",
    discussion: """
      Exit codes: 0 stopped as asked; 64 a wrong setting; 75 the ledger failed: start again, and it \
      reconciles.
      """)

  @OptionGroup var settings: SettingsFile
  @Option(
    help: "trace, debug, info, notice, warning, error or critical.",
    transform: { text in
      guard let level = Logger.Level(rawValue: text) else {
        throw ValidationError("\(text) is not a log level")
      }
      return level
    })
  var logLevel: Logger.Level = .info

  func run() async throws {
    umask(0o007)  // the socket is for the service and its group only
    LoggingSystem.bootstrap(StreamLogHandler.standardError)
    var logger = Logger(label: "canteend")
    logger.logLevel = logLevel
    let terminal = try Terminal(try await settings.read(), logger: logger)
    let socket = terminal.configuration.socketPath
    var quiet = Logger(label: "canteend.api")
    quiet.logLevel = .warning
    let server = LocalServer.service(
      LocalControl(terminal: terminal), socketPath: socket, logger: quiet)
    let group = ServiceGroup(
      services: terminal.services + [server], gracefulShutdownSignals: [.sigterm, .sigint],
      logger: logger)
    do {
      try await group.run()
      try terminal.close()
    } catch {
      terminal.abandon()
      guard terminal.hasFailedLedger else { throw error }
      logger.critical("the ledger must be reopened", metadata: ["reason": "\(error)"])
      throw ExitCode(75)
    }
  }
}
