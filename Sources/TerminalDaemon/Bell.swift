import Synchronization

/// Ends a rest early. One waits, anybody rings; a ring while nobody waits is heard by the next.
final class Bell: Sendable {
  private struct State {
    var isRung = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  /// Ends the rest that runs, or the next one.
  func ring() {
    let waiter = state.withLock { state in
      defer { state.waiter = nil }
      state.isRung = state.waiter == nil
      return state.waiter
    }
    waiter?.resume()
  }

  /// Rests for a time, or until the bell is rung, or until the task is cancelled.
  func rest(milliseconds: Int64) async {
    await withTaskGroup { group in
      group.addTask {
        // A cancelled sleep is a rest that ended.
        try? await Task.sleep(for: .milliseconds(milliseconds))
      }
      group.addTask { await self.hear() }
      await group.next()
      group.cancelAll()
    }
  }

  private func hear() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
        let isOver = state.withLock { state in
          precondition(state.waiter == nil, "one task waits for a bell")
          if state.isRung || Task.isCancelled {
            state.isRung = false
            return true
          }
          state.waiter = waiter
          return false
        }
        if isOver { waiter.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        defer { state.waiter = nil }
        return state.waiter
      }
      waiter?.resume()
    }
  }
}
