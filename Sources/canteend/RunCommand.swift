import ArgumentParser
import Foundation
import Journal
import LocalAPI
import Logging
import ServiceLifecycle
import TerminalDaemon

/// Sells until it is told to stop.
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the terminal (the default).",
    discussion: """
      Exit codes: 0 stopped as asked; 64 a wrong setting; 75 the ledger failed or could not be opened: \
      start again, and it reconciles; 78 the ledger is lost or another's, or damaged so that it cannot go \
      on by itself: a person must look. A stop that is not done after 15 seconds ends with a trap \
      (SIGTRAP or SIGILL), and loses nothing that was lit.
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
    var quiet = Logger(label: "canteend.api")
    quiet.logLevel = .warning
    let configuration = try await settings.read()
    if try Terminal.mustJoin(configuration) {
      guard try await Joining.wait(configuration, socketLogger: quiet, logger: logger) else {
        return
      }
    }
    let terminal = try open(configuration, logger: logger)
    let socket = configuration.socketPath
    let server = LocalServer.service(
      { LocalControl(terminal: terminal, userID: $0) }, socketPath: socket, logger: quiet)
    let group = ServiceGroup(
      configuration: LifeCycle.of(terminal.services + [server], logger: logger))
    do {
      try await group.run()
      guard !terminal.hasFailedLedger else { throw ExitCode(DaemonExit.startAgain) }
      try terminal.close()
    } catch {
      terminal.abandon()
      guard terminal.hasFailedLedger else { throw error }
      logger.critical("the ledger must be reopened", metadata: ["reason": "\(error)"])
      throw ExitCode(DaemonExit.startAgain)
    }
  }

  /// A disk that fails while the ledger is opened may be better the next time; every other reason
  /// needs a person.
  private func open(
    _ configuration: TerminalConfiguration, logger: Logger
  ) throws -> Terminal {
    do {
      return try Terminal(configuration, logger: logger)
    } catch JournalError.unusable(let code, let reason) {
      logger.critical(
        "the ledger cannot be opened", metadata: ["reason": "\(reason)", "code": "\(code)"])
      throw ExitCode(DaemonExit.startAgain)
    } catch let error as JournalError {
      logger.critical("the ledger needs a person", metadata: ["reason": "\(error)"])
      throw ExitCode(DaemonExit.needsPerson)
    }
  }
}
