import CanteenModel
import Logging
import Readers
import Synchronization
import USBTransport
import VirtualReaders
import VirtualTime

/// A supervisor at work in virtual time, and all that it said.
final class VirtualCounter: Sendable {
  let time: VirtualTime
  let host: VirtualHost
  let supervisor: ReaderSupervisor
  private let log = Mutex<[ReaderEvent]>([])

  private init(time: VirtualTime, plan: ReaderPlan) {
    self.time = time
    host = VirtualHost(time: time)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    supervisor = ReaderSupervisor(
      host: host, plan: plan,
      clock: ReaderClock(now: { time.now }, sleep: { try await time.sleep(for: $0) }),
      logger: logger)
  }

  /// Runs a script to its end.
  static func run<Value: Sendable>(
    plan: ReaderPlan = .oneLane, _ script: @escaping @Sendable (VirtualCounter) async -> Value
  ) -> Value {
    let time = VirtualTime()
    return time.run {
      let counter = VirtualCounter(time: time, plan: plan)
      return await withTaskGroup(of: Void.self) { group in
        group.addTask { await counter.supervisor.run() }
        group.addTask {
          for await event in counter.supervisor.events {
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
  func pass(_ duration: Duration) async {
    // try?: a script is not cancelled.
    try? await time.sleep(for: duration)
  }

  var events: [ReaderEvent] { log.withLock { $0 } }

  /// What was presented so far, in order.
  var presented: [Evidence] {
    events.compactMap { event in
      if case .presented(let presentation, _) = event { return presentation.evidence }
      return nil
    }
  }
}
