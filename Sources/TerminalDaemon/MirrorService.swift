import Journal
import Logging
import ServiceLifecycle

/// Copies what the ledger takes in to the second medium, as soon as it is there; a medium that failed, or
/// that somebody pulled out, is tried again.
struct MirrorService: Service {
  let journal: Journal
  let logger: Logger

  private static let retry = Duration.seconds(30)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await withTaskGroup { group in
        let bell = Bell()
        group.addTask {
          for await _ in journal.changes { bell.ring() }
        }
        group.addTask {
          while !Task.isCancelled {
            await copy()
            await bell.rest(milliseconds: Int64(Self.retry / .milliseconds(1)))
          }
        }
        await group.waitForAll()
      }
    }
  }

  private func copy() async {
    let before = journal.mirrorStanding?.fault
    do {
      try await journal.copyToMirror()
    } catch {
      // LedgerWatch ends the daemon over a ledger that failed.
      logger.debug("not mirrored", metadata: ["reason": "\(error)"])
    }
    let now = journal.mirrorStanding?.fault
    guard now != before else { return }
    if let now {
      logger.error("the mirror is not written", metadata: ["reason": "\(now)"])
    } else {
      logger.notice("the mirror is written again")
    }
  }
}
