import Journal
import Logging
import ServiceLifecycle

/// What the ledger needs when nobody is looking, while no card waits: old records are removed, the
/// log is moved into the file, and the free space of the disk is looked at.
struct HousekeepingService: Service {
  let journal: Journal
  let logger: Logger

  /// Rare on purpose: a checkpoint is the only moment at which a lying disk can corrupt the file.
  private static let interval = Duration.seconds(30)
  /// Slices of old records that are removed in a row at most; the rest goes the next time.
  private static let slicesAtOnce = 200

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var policy = CheckpointPolicy()
      while true {
        lookAtRoom()
        do {
          try await Task.sleep(for: Self.interval)
        } catch { return }
        do {
          try await journal.unfoldDeclines()
          try await prune()
          let limit = policy.limit(in: journal.mealPeriod, isIdle: journal.isIdle)
          if let limit, try await journal.checkpointIfGrown(beyond: limit) {
            logger.debug("write-ahead log moved")
          }
        } catch {
          // What failed the ledger ends the daemon (LedgerWatch); the rest is tried again.
          logger.error("housekeeping failed", metadata: ["reason": "\(error)"])
        }
      }
    }
  }

  private func lookAtRoom() {
    let wasFull = journal.isStoreFull
    journal.lookAtRoom()
    guard journal.isStoreFull != wasFull else { return }
    if wasFull {
      logger.notice("the disk has room again")
    } else {
      logger.critical("the disk is full: nothing is sold until there is room")
    }
  }

  /// A card that comes waits for one slice at most.
  private func prune() async throws {
    for _ in 0..<Self.slicesAtOnce where journal.isIdle {
      guard try await journal.prune() else { return }
    }
  }
}
