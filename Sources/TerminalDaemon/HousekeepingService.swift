import Journal
import Logging
import ServiceLifecycle

/// What the ledger needs when nobody is looking: checkpoints while no card waits.
struct HousekeepingService: Service {
  let journal: Journal
  let logger: Logger

  /// Rare on purpose: a checkpoint is the only moment at which a lying disk can corrupt the file.
  private static let interval = Duration.seconds(30)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while true {
        do {
          try await Task.sleep(for: Self.interval)
        } catch { return }
        do {
          if try await journal.checkpointIfGrown() { logger.debug("write-ahead log moved") }
        } catch {
          // What failed the ledger ends the daemon (LedgerWatch); the rest is tried again.
          logger.error("no checkpoint", metadata: ["reason": "\(error)"])
        }
      }
    }
  }
}
