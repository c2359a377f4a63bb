import Logging
import ServiceLifecycle
import UnixSignals

/// How the daemon's services begin and end together.
enum LifeCycle {
  /// A service that does not end cannot hold the stop for ever: it is asked for 10 s, cancelled, and
  /// 5 s later the process traps. The unit's TimeoutStopSec is longer.
  static func of(
    _ services: [any Service], logger: Logger
  ) -> ServiceGroupConfiguration {
    var configuration = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(10)
    configuration.maximumCancellationDuration = .seconds(5)
    return configuration
  }
}
