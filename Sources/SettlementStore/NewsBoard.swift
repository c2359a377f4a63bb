import Synchronization

/// Tells who waits that there is something for which a terminal must not wait: an account that may not pay any
/// more, a card that is another's, rules.
package final class NewsBoard: Sendable {
  private struct State {
    var number: Int64
    var lastWaiter: UInt64 = 0
    var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
  }

  private let state: Mutex<State>

  /// - Parameter start: The first number, not 0 and another one after every start of the centre: who waited
  ///   before it settles once more.
  package init(start: Int64) {
    precondition(start != 0, "0 says that nothing is known")
    state = Mutex(State(number: start))
  }

  /// The number of the newest news.
  package var number: Int64 { state.withLock { $0.number } }

  /// How many wait.
  package var waiting: Int { state.withLock { $0.waiters.count } }

  /// There are news.
  package func post() {
    let waiters = state.withLock { state in
      state.number += 1
      defer { state.waiters = [:] }
      return state.waiters
    }
    for waiter in waiters.values { waiter.resume() }
  }

  /// Waits until the newest number is another one than is known.
  ///
  /// - Parameter limit: No longer; nor longer than the task.
  /// - Returns: The newest number.
  package func number(otherThan known: Int64, within limit: Duration) async -> Int64 {
    if known == 0 || limit <= .zero { return number }
    await withTaskGroup { group in
      group.addTask {
        // try?: a sleep that was cancelled is over.
        try? await Task.sleep(for: limit)
      }
      group.addTask { await self.hear(otherThan: known) }
      await group.next()
      group.cancelAll()
    }
    return number
  }

  private func hear(otherThan known: Int64) async {
    let name = state.withLock { state in
      state.lastWaiter += 1
      return state.lastWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
        let isOver = state.withLock { state in
          guard state.number == known, !Task.isCancelled else { return true }
          state.waiters[name] = waiter
          return false
        }
        if isOver { waiter.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: name) }?.resume()
    }
  }
}
