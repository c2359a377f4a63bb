import CanteenModel
import Credentials
import Logging
import Readers
import ServiceLifecycle
import TerminalCore

/// Runs the readers, and brings what they see to the lanes.
struct ReaderService: Service {
  let readers: ReaderSupervisor
  let lanes: [LaneService]
  let identification: Identification
  let logger: Logger

  func run() async throws {
    await withDiscardingTaskGroup { group in
      group.addTask { await cancelWhenGracefulShutdown { await readers.run() } }
      for await event in readers.events { take(event) }
    }
  }

  /// The supervisor logs readers that come and go; what concerns media is said here.
  private func take(_ event: ReaderEvent) {
    switch event {
    case .presented(let presentation, let number):
      guard let lane = lanes.first(where: { $0.number == number }) else { return }
      lane.send(
        .presented(
          LanePresentation(
            medium: presentation.evidence.medium,
            credential: identification.credential(presentation.evidence, lane: number),
            reader: presentation.reader, wasThereAtStart: presentation.wasThereAtStart)))
    case .unreadable(let reader, let reason):
      logger.warning(
        "what was shown could not be read",
        metadata: ["reader": "\(reader)", "reason": "\(reason.rawValue)"])
    case .ready, .removed, .guidance, .away: break
    }
  }
}
