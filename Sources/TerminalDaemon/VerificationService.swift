import CanteenModel
import Journal
import Logging
import ServiceLifecycle
import Synchronization

/// Verifies the whole ledger once a day, when nobody is looking.
final class VerificationService: Service {
  private let journal: Journal
  private let logger: Logger
  private let last = Mutex<TerminalStatus.Check?>(nil)

  private static let interval = Duration.seconds(60)

  init(journal: Journal, logger: Logger) {
    self.journal = journal
    self.logger = logger
  }

  /// What the last one found; `nil` before the first.
  var lastCheck: TerminalStatus.Check? { last.withLock { $0 } }

  func run() async throws {
    await cancelWhenGracefulShutdown { [self] in
      var policy = VerificationPolicy(bootMilliseconds: SystemClock.read().bootMilliseconds)
      while (try? await Task.sleep(for: Self.interval)) != nil {  // cancelled: the daemon ends
        let isDue = policy.isDue(
          bootMilliseconds: SystemClock.read().bootMilliseconds,
          isServing: journal.mealPeriod != nil, isIdle: journal.isIdle)
        if isDue { await verify() }
      }
    }
  }

  private func verify() async {
    do {
      let report = try await journal.verify()
      last.withLock {
        $0 = TerminalStatus.Check(
          atMilliseconds: SystemClock.read().wallMilliseconds, report: report)
      }
      if let finding = report.findings.first {
        logger.critical(
          "the ledger does not fit together: call whoever looks after it",
          metadata: ["finding": "\(finding)", "findings": "\(report.findings.count)"])
      } else {
        logger.info("the ledger was verified", metadata: ["records": "\(report.records)"])
      }
    } catch {
      // The journal was closed meanwhile.
      logger.debug("not verified", metadata: ["reason": "\(error)"])
    }
  }
}
