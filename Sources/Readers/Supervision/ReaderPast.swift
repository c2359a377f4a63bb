import Synchronization

/// What outlives the sessions of a reader, and its replugs: one a port.
final class ReaderPast: Sendable {
  let card: CardMemory
  /// By the readers' clock: when this process first saw something at the port.
  let began: Duration
  private let recoveries = Mutex(RecoveryBudget())

  init(clock: ReaderClock) {
    card = CardMemory(clock: clock)
    began = clock.now
  }

  /// See ``RecoveryBudget/spend(at:)``.
  func spendRecovery(at now: Duration) -> Bool { recoveries.withLock { $0.spend(at: now) } }

  /// See ``RecoveryBudget/forgive()``.
  func forgiveRecovery() { recoveries.withLock { $0.forgive() } }

  /// See ``RecoveryBudget/noteArrival()``.
  func noteArrival() { recoveries.withLock { $0.noteArrival() } }
}
