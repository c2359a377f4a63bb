import Journal
import Logging
import ServiceLifecycle

/// Ends the daemon when a commit failed, whoever asked for it: nobody knows what is on disk, so the
/// ledger must be opened and read again (exit 75).
struct LedgerWatch: Service {
  let journal: Journal
  let logger: Logger

  func run() async throws {
    for await failure in journal.failure.cancelOnGracefulShutdown() {
      logger.critical("the ledger failed; stopping", metadata: ["reason": "\(failure)"])
      throw failure
    }
  }
}
