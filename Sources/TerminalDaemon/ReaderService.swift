import CanteenModel
import Logging
import Readers
import ServiceLifecycle
import TerminalCore

/// Runs the readers, and brings what they see to the lane.
struct ReaderService: Service {
  let readers: ReaderSupervisor
  let lane: LaneService
  let logger: Logger

  func run() async throws {
    await withDiscardingTaskGroup { group in
      group.addTask { await cancelWhenGracefulShutdown { await readers.run() } }
      for await event in readers.events { take(event) }
    }
  }

  /// The supervisor logs readers that come and go; what concerns cards is said here.
  private func take(_ event: ReaderEvent) {
    switch event {
    case .presented(let presentation):
      lane.send(.presented(presentation))
    case .unreadable(let reader, let reason):
      logger.warning(
        "a card could not be read",
        metadata: ["reader": "\(reader)", "reason": "\(reason.rawValue)"])
    case .ready, .removed, .away: break
    }
  }
}
