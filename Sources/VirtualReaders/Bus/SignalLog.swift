import Glibc
import Synchronization

/// What the readers of a bus showed and sounded, in order.
final class SignalLog: Sendable {
  private struct State {
    var entries: [SignalLogEntry] = []
    var followers: [Int: AsyncStream<SignalLogEntry>.Continuation] = [:]
    var nextFollower = 0
  }
  private let state = Mutex(State())

  var entries: [SignalLogEntry] { state.withLock { $0.entries } }

  func append(_ signal: ReaderSignal, reader: String) {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    let entry = SignalLogEntry(
      atNanoseconds: UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec), reader: reader,
      signal: signal)
    state.withLock { state in
      state.entries.append(entry)
      for follower in state.followers.values { follower.yield(entry) }
    }
  }

  func follow() -> AsyncStream<SignalLogEntry> {
    let (stream, continuation) = AsyncStream<SignalLogEntry>.makeStream()
    let number = state.withLock { state in
      for entry in state.entries { continuation.yield(entry) }
      state.nextFollower += 1
      state.followers[state.nextFollower] = continuation
      return state.nextFollower
    }
    continuation.onTermination = { [weak self] _ in
      self?.state.withLock { state in state.followers[number] = nil }
    }
    return stream
  }
}
