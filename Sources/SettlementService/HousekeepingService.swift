import Logging
import ServiceLifecycle
import SettlementStore

/// What the books need when nobody is looking: a checkpoint in a quiet moment, or before the log takes the disk; and
/// numbers of official meals end with their day.
struct HousekeepingService: Service {
  let books: Books
  let logger: Logger

  /// A centre that is handed all that a disk takes writes some hundred MiB in it.
  private static let interval = Duration.seconds(5)

  func run() async throws {
    try await cancelWhenGracefulShutdown {
      while true {
        do {
          try await Task.sleep(for: Self.interval)
        } catch { return }
        if try await books.checkpointIfGrown() { logger.debug("write-ahead log moved") }
        let ended = try await books.endOfficialMeals()
        if ended > 0 { logger.info("official meals ended", metadata: ["number": "\(ended)"]) }
      }
    }
  }
}
