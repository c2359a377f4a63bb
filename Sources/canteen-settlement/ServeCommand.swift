import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import SettlementService
import UnixSignals

/// Settles until it is told to stop.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Run the centre.",
    discussion: """
      Listens on loopback only, and pulls from loopback only, until mutual TLS secures the link.
      Example: CANTEEN_SETTLEMENT_TOKEN=$(openssl rand -hex 16) canteen-settlement serve
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
    umask(0o077)  // books, key and socket are for the service alone
    LoggingSystem.bootstrap(StreamLogHandler.standardError)
    var logger = Logger(label: "canteen-settlement")
    logger.logLevel = logLevel
    let configuration = try await settings.read()
    let centre = try Centre(configuration, logger: logger)
    let group = ServiceGroup(
      services: centre.services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    do {
      try await group.run()
      try centre.close()
    } catch  where centre.hasFailedBooks {
      logger.critical("the books must be reopened", metadata: ["reason": "\(error)"])
      throw ExitCode(75)
    } catch {
      throw Centre.explained(error, configuration)
    }
  }
}
