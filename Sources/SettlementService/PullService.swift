import CanteenModel
import Logging
import ServiceLifecycle
import SettlementCore
import SettlementStore
import SyncTransport

/// Visits every terminal that has a pull address, for as long as the centre runs.
///
/// Visits run beside each other, so a terminal that does not answer delays no other; one that fails
/// is visited again after a growing rest, for ever. It ends early only when the books failed.
struct PullService: Service {
  let books: Books
  let token: SharedToken
  let intervalSeconds: Int
  /// How many visits run at once.
  let concurrency: Int
  let logger: Logger

  /// How often the schedule is looked at.
  private static let beat = Duration.milliseconds(100)

  private enum Event: Sendable {
    case beat
    case ended(TerminalID, failure: String?)
  }

  func run() async throws {
    try await cancelWhenGracefulShutdown { try await pull() }
  }

  private func pull() async throws {
    var schedule = PullSchedule(intervalMilliseconds: Int64(intervalSeconds) * 1000)
    var running = 0
    let start = ContinuousClock.now
    var now: Int64 {
      let (seconds, attoseconds) = (ContinuousClock.now - start).components
      return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
    try await withThrowingTaskGroup(of: Event.self) { group in
      group.addTask { await Self.rest() }
      while let event = try await group.next(), !Task.isCancelled {
        switch event {
        case .beat:
          group.addTask { await Self.rest() }
        case .ended(let terminal, let failure):
          running -= 1
          note(terminal, failure, in: &schedule, now: now)
        }
        let addresses = try await addresses()
        schedule.set(addresses.map(\.terminal), now: now)
        for terminal in schedule.start(limit: concurrency - running, now: now) {
          guard let address = addresses.first(where: { $0.terminal == terminal })?.address else {
            preconditionFailure("only terminals with an address are planned")
          }
          running += 1
          group.addTask { await visit(terminal, at: address) }
        }
      }
      group.cancelAll()
    }
  }

  private func visit(_ terminal: TerminalID, at address: LoopbackAddress) async -> Event {
    let visit = TerminalVisit(
      terminal: terminal, client: TerminalClient(terminal: address, token: token), books: books,
      logger: logger)
    do {
      try await visit.run()
      return .ended(terminal, failure: nil)
    } catch {
      return .ended(terminal, failure: "\(error)")
    }
  }

  private func note(
    _ terminal: TerminalID, _ failure: String?, in schedule: inout PullSchedule, now: Int64
  ) {
    guard let failure else {
      if schedule.failures(of: terminal) > 0 {
        logger.notice("terminal answers again", metadata: ["terminal": "\(terminal)"])
      }
      return schedule.succeeded(terminal, now: now)
    }
    schedule.failed(terminal, jitterPermille: Int.random(in: 0...1000), now: now)
    logger.warning(
      "visit failed",
      metadata: [
        "terminal": "\(terminal)", "reason": "\(failure)",
        "failures": "\(schedule.failures(of: terminal))",
      ])
  }

  private func addresses() async throws(StoreError) -> [(
    terminal: TerminalID, address: LoopbackAddress
  )] {
    try await books.terminals().compactMap { entry in
      // What is no loopback address was refused when it was added.
      guard let url = entry.pullURL, let address = try? LoopbackAddress(url) else { return nil }
      return (TerminalID(entry.number), address)
    }
  }

  private static func rest() async -> Event {
    try? await Task.sleep(for: beat)  // a cancelled rest is over at once
    return .beat
  }
}
