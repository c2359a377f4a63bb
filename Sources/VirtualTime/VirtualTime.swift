import Synchronization

/// Runs tasks on the calling thread, one job after the other, and moves its clock on when no job is left:
/// an hour takes as long as its work, and the same program does the same each time.
///
/// It governs what runs inside ``run(_:)`` and waits with ``sleep(for:)`` or for one another. Nothing in
/// there may wait for another thread.
package final class VirtualTime: TaskExecutor {
  private struct Timer {
    let number: UInt64
    let at: Duration
    let ring: @Sendable () -> Void
  }

  private struct State {
    var now = Duration.zero
    var jobs: [UnownedJob] = []
    /// The jobs before it have run.
    var nextJob = 0
    /// By time, then by number.
    var timers: [Timer] = []
    var lastNumber: UInt64 = 0
  }

  private let state = Mutex(State())

  /// A clock that shows zero.
  package init() {}

  /// Time since the beginning.
  package var now: Duration { state.withLock { $0.now } }

  /// See `TaskExecutor`.
  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    state.withLock { $0.jobs.append(job) }
  }

  /// Runs a task and all its children to the end.
  ///
  /// - Precondition: Something in it always waits for a time, or can go on: a program in which all wait
  ///   for one another for ever is a bug.
  package func run<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Value {
    let result = Outcome<Value>()
    Task(executorPreference: self) {
      let value = await body()
      result.value.withLock { $0 = value }
    }
    while true {
      if let value = result.value.withLock({ $0 }) { return value }
      if let job = nextJob() {
        job.runSynchronously(on: asUnownedTaskExecutor())
      } else {
        precondition(ringNext(), "all wait for one another, and for no time")
      }
    }
  }

  private final class Outcome<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
  }

  private func nextJob() -> UnownedJob? {
    state.withLock { state in
      guard state.nextJob < state.jobs.count else {
        state.jobs.removeAll(keepingCapacity: true)
        state.nextJob = 0
        return nil
      }
      defer { state.nextJob += 1 }
      return state.jobs[state.nextJob]
    }
  }

  /// Moves on to the next timer.
  ///
  /// - Returns: Whether there was one.
  private func ringNext() -> Bool {
    let timer = state.withLock { state -> Timer? in
      guard !state.timers.isEmpty else { return nil }
      let timer = state.timers.removeFirst()
      state.now = max(state.now, timer.at)
      return timer
    }
    timer?.ring()
    return timer != nil
  }

  /// Calls something after a while.
  ///
  /// - Returns: What ``cancelTimer(_:)`` needs.
  @discardableResult
  func call(after delay: Duration, _ ring: @escaping @Sendable () -> Void) -> UInt64 {
    state.withLock { state in
      state.lastNumber += 1
      let timer = Timer(
        number: state.lastNumber, at: state.now + max(.zero, delay), ring: ring)
      let place = state.timers.firstIndex { $0.at > timer.at } ?? state.timers.endIndex
      state.timers.insert(timer, at: place)
      return timer.number
    }
  }

  /// - Returns: Whether it had not rung yet.
  @discardableResult
  func cancelTimer(_ number: UInt64) -> Bool {
    state.withLock { state in
      guard let place = state.timers.firstIndex(where: { $0.number == number }) else {
        return false
      }
      state.timers.remove(at: place)
      return true
    }
  }

  /// Waits.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  package func sleep(for duration: Duration) async throws {
    let sleeper = Sleeper()
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        guard sleeper.begin(continuation) else { return }
        let number = call(after: duration) { sleeper.end(.success(())) }
        sleeper.timer.withLock { $0 = number }
      }
    } onCancel: {
      if let number = sleeper.timer.withLock({ $0 }) { cancelTimer(number) }
      sleeper.end(.failure(CancellationError()))
    }
  }

  /// Who sleeps; ended once.
  private final class Sleeper: Sendable {
    private enum Stage {
      case ready
      case sleeping(CheckedContinuation<Void, any Error>)
      case ended
    }
    private let stage = Mutex(Stage.ready)
    let timer = Mutex<UInt64?>(nil)

    /// - Returns: Whether it sleeps now; a task that is cancelled already does not.
    func begin(_ continuation: CheckedContinuation<Void, any Error>) -> Bool {
      let isCancelled = stage.withLock { stage in
        if case .ended = stage { return true }
        stage = .sleeping(continuation)
        return false
      }
      if isCancelled { continuation.resume(throwing: CancellationError()) }
      return !isCancelled
    }

    func end(_ result: Result<Void, any Error>) {
      let continuation: CheckedContinuation<Void, any Error>? = stage.withLock { stage in
        defer { stage = .ended }
        if case .sleeping(let continuation) = stage { return continuation }
        return nil
      }
      continuation?.resume(with: result)
    }
  }
}
