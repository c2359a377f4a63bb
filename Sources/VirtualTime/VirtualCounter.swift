package import CanteenModel
package import Logging
package import Readers
import Synchronization
package import USBTransport

/// A supervisor at work in virtual time, and all that it said.
package final class VirtualCounter: Sendable {
  /// It begins with the script.
  package let time: VirtualTime
  /// What is plugged in.
  package let bus: VirtualHost
  /// Its traffic, where that is written down.
  package let recording: RecordingHost?
  package let supervisor: ReaderSupervisor
  private let log = Mutex<[ReaderEvent]>([])

  private init(plan: ReaderPlan, recordedPort: String?, time: VirtualTime) {
    self.time = time
    let bus = VirtualHost(time: time)
    self.bus = bus
    recording = recordedPort.map { RecordingHost(bus, socket: $0) { time.now } }
    supervisor = ReaderSupervisor(host: recording ?? bus, plan: plan, time: time)
  }

  /// Runs a script to its end.
  ///
  /// - Parameters:
  ///   - recordedPort: Only the device at this port is seen, and its traffic is written down.
  ///   - isApproving: Every presentation is answered by the reader's light, as a lane would.
  package static func run<Value: Sendable>(
    plan: ReaderPlan, recordedPort: String? = nil, isApproving: Bool = false,
    _ script: @escaping @Sendable (VirtualCounter) async -> Value
  ) -> Value {
    let time = VirtualTime()
    return time.run {
      let counter = VirtualCounter(plan: plan, recordedPort: recordedPort, time: time)
      return await withTaskGroup(of: Void.self) { group in
        if let recording = counter.recording { group.addTask { await recording.run() } }
        group.addTask { await counter.supervisor.run() }
        group.addTask {
          await counter.supervisor.follow(isApproving: isApproving) { event in
            counter.log.withLock { $0.append(event) }
          }
        }
        let value = await script(counter)
        group.cancelAll()
        return value
      }
    }
  }

  /// Lets time pass.
  package func pass(_ duration: Duration) async {
    // try?: a script is not cancelled.
    try? await time.sleep(for: duration)
  }

  /// What was said so far, in order.
  package var events: [ReaderEvent] { log.withLock { $0 } }

  /// What was presented so far, in order.
  package var presented: [Evidence] {
    events.compactMap { event in
      if case .presented(let presentation, _) = event { return presentation.evidence }
      return nil
    }
  }
}

extension ReaderSupervisor {
  /// One whose clock is virtual, and that logs nothing.
  package init(host: any USBHost, plan: ReaderPlan, time: VirtualTime) {
    self.init(
      host: host, plan: plan,
      clock: ReaderClock(now: { time.now }, sleep: { try await time.sleep(for: $0) }),
      logger: .silent)
  }
}

extension Logger {
  /// What goes wrong in an experiment is its result, not a line of a log.
  package static var silent: Logger {
    var logger = Logger(label: "laboratory")
    logger.logLevel = .critical
    return logger
  }
}
