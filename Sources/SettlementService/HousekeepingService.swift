import Logging
import ServiceLifecycle
import SettlementStore

/// What the books need when nobody is looking: a checkpoint in a quiet moment.
struct HousekeepingService: Service {
  let books: Books
  let logger: Logger

  /// Rare on purpose: a checkpoint is the only moment at which a lying disk can corrupt the file.
  private static let interval = Duration.seconds(15)

  func run() async throws {
    try await cancelWhenGracefulShutdown {
      while true {
        do {
          try await Task.sleep(for: Self.interval)
        } catch { return }
        if try await books.checkpointIfGrown() { logger.debug("write-ahead log moved") }
      }
    }
  }
}
