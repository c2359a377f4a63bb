/// Where the readers take their time from: the machine, or a laboratory's virtual time.
package struct ReaderClock: Sendable {
  private let readNow: @Sendable () -> Duration
  private let wait: @Sendable (Duration) async throws -> Void

  /// - Parameters:
  ///   - now: Time since a moment that does not change. It never goes back.
  ///   - sleep: Waits; throws as soon as the task is cancelled.
  package init(
    now: @escaping @Sendable () -> Duration,
    sleep: @escaping @Sendable (Duration) async throws -> Void
  ) {
    readNow = now
    wait = sleep
  }

  /// `CLOCK_BOOTTIME`: it goes on while the machine is suspended.
  package static let machine = {
    let start = ContinuousClock.now
    return ReaderClock(
      now: { ContinuousClock.now - start }, sleep: { try await Task.sleep(for: $0) })
  }()

  /// Time since a moment that does not change.
  package var now: Duration { readNow() }

  /// Waits, or returns at once when the task is cancelled.
  package func sleep(for duration: Duration) async {
    // try?: whoever cancels also ends the loop that sleeps here.
    try? await wait(duration)
  }

  /// Waits until ``now`` is at least `deadline`, or the task is cancelled.
  package func sleep(until deadline: Duration) async {
    let rest = deadline - now
    if rest > .zero { await sleep(for: rest) }
  }

  /// Runs `body` for so long at most.
  ///
  /// - Returns: `nil` when the time was over first; `body` was then cancelled, and has ended.
  package func limit<Value: Sendable>(
    _ duration: Duration, _ body: @escaping @Sendable () async -> Value
  ) async -> Value? {
    await withTaskGroup(of: Value?.self) { group in
      group.addTask { await body() }
      group.addTask {
        await sleep(for: duration)
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
  }
}
