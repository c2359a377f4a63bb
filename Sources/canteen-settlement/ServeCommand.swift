import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import SettlementService
import SyncTransport
import UnixSignals

/// Settles until it is told to stop.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Run the centre.",
    discussion: """
      Terminals join with canteen-settlement terminal add, and are known by their certificates then.
      Example: canteen-settlement serve
      """)

  @OptionGroup var settings: SettingsFile
  @Option(help: "Where people and programs of the offices ask: 0.0.0.0:8710.")
  var officeListen: String?
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
    var configuration = try await settings.read()
    if let officeListen { configuration.officeListen = try LinkAddress(officeListen) }
    let centre = try Centre(configuration, logger: logger)
    let group = ServiceGroup(configuration: Self.lifeCycle(centre.services, logger: logger))
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

  /// A service that does not end cannot hold the stop for ever: it is asked for 10 s, cancelled, and
  /// 5 s later the process traps. The unit's TimeoutStopSec is longer.
  private static func lifeCycle(
    _ services: [any Service], logger: Logger
  ) -> ServiceGroupConfiguration {
    var configuration = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(10)
    configuration.maximumCancellationDuration = .seconds(5)
    return configuration
  }
}
