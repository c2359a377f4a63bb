import Dispatch
import Synchronization

/// Holds the ledger's thread inside of one group, so that the requests that come meanwhile form the
/// next one.
final class GroupGate: Sendable {
  private enum State { case open, armed, holding }

  private let state = Mutex(State.open)
  private let opened = DispatchSemaphore(value: 0)

  /// The next one who passes is held.
  func arm() { state.withLock { $0 = .armed } }

  /// Called by the ledger's thread while it decides; returns when the gate is open.
  func pass() {
    let mustWait = state.withLock { state in
      guard state == .armed else { return false }
      state = .holding
      return true
    }
    if mustWait { opened.wait() }
  }

  var isHolding: Bool { state.withLock { $0 == .holding } }

  func release() {
    let wasHolding = state.withLock { state in
      defer { state = .open }
      return state == .holding
    }
    if wasHolding { opened.signal() }
  }
}
