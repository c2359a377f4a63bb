import Dispatch
import Synchronization

/// Runs tasks on the thread that holds the ledger, between its transactions.
///
/// A task that prefers it goes into a transaction and comes out of it without waking another thread: a
/// wake-up costs some 80 microseconds, as much as everything that a decision computes. In turn it waits
/// while a group commits, so only what lives from decisions belongs here: a lane, and nothing that
/// blocks.
///
/// - Warning: What runs here must not wait for the ledger by blocking (``Journal/close()``): it would
///   wait for itself.
package final class LedgerExecutor: TaskExecutor {
  /// Serial; the connection's own queue runs on it.
  let queue = DispatchQueue(label: "ledger")
  private let waiting = Atomic<Int>(0)
  private let makeWay = Mutex<(@Sendable () -> Void)?>(nil)

  /// Whether a task wants to go on.
  var isWanted: Bool { waiting.load(ordering: .relaxed) > 0 }

  /// - Parameter makeWay: Called from anywhere whenever a task wants to go on.
  func onWanted(_ makeWay: @escaping @Sendable () -> Void) {
    self.makeWay.withLock { $0 = makeWay }
  }

  /// Puts a task in line for the ledger's thread.
  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    waiting.add(1, ordering: .relaxed)
    makeWay.withLock { $0 }?()
    queue.async {
      self.waiting.subtract(1, ordering: .relaxed)
      unsafe job.runSynchronously(on: self.asUnownedTaskExecutor())
    }
  }
}
