import Dispatch
import Synchronization

/// Holds one sync, so that requests can gather behind it in an order that comes again.
final class SyncGate: Sendable {
  private struct State {
    var isArmed = false
    var isHolding = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())
  private let opened = DispatchSemaphore(value: 0)

  func arm() { state.withLock { $0.isArmed = true } }

  /// Called by SQLite's thread before a sync; returns when the gate is open.
  func pass() {
    let (mustWait, waiter) = state.withLock { state in
      guard state.isArmed else { return (false, nil as CheckedContinuation<Void, Never>?) }
      state.isArmed = false
      state.isHolding = true
      defer { state.waiter = nil }
      return (true, state.waiter)
    }
    waiter?.resume()
    if mustWait { opened.wait() }
  }

  /// Returns when a sync is held, or when nobody is awaited any more.
  func waitUntilHeld() async {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        guard state.isArmed else { return true }
        state.waiter = continuation
        return false
      }
      if isOver { continuation.resume() }
    }
  }

  func release() {
    let (wasHolding, waiter) = state.withLock { state in
      defer { state = State() }
      return (state.isHolding, state.waiter)
    }
    waiter?.resume()
    if wasHolding { opened.signal() }
  }
}
