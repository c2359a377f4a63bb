import CanteenModel
import SettlementCore
import SyncProtocol
import SyncTransport
import Synchronization

/// How much the centre lets in at a time: so many requests of each terminal a second, and so many bodies of all
/// at once. What it turns away is told when to come back, at a moment of its own; terminals never drop, they
/// only wait.
final class IntakeGate: Sendable {
  private struct State {
    var settling = RateLimit(capacity: 40, perSecond: 20)
    /// Holds and refunds: somebody stands there, and at most once for each of them.
    var asking = RateLimit(capacity: 20, perSecond: 10)
    var inside = 0
  }

  /// What a request is about.
  enum Purpose {
    case settling
    case asking
  }

  /// As many bodies as stand in memory at once: 16 MiB of the largest batches, half as much again in JSON, and as
  /// much of what is read of them.
  private static let roomFor = 64
  /// Those that find no room come back within so many seconds.
  private static let longestRest = 8

  private let state = Mutex(State())
  private let now: @Sendable () -> Int64

  /// - Parameter now: Milliseconds of a clock that never goes back.
  init(now: @escaping @Sendable () -> Int64) {
    self.now = now
  }

  /// Lets a terminal's request in, or throws ``Problem`` 429 or 503 before its body is read.
  func admitting<Value: Sendable>(
    _ terminal: TerminalID, for purpose: Purpose, _ body: () async throws -> Value
  ) async throws -> Value {
    let time = now()
    let verdict: Problem? = state.withLock { state in
      let wait =
        switch purpose {
        case .settling: state.settling.take(terminal, now: time)
        case .asking: state.asking.take(terminal, now: time)
        }
      if let wait {
        return Problem(
          .tooManyRequests, "terminal \(terminal) asks too often: come back later",
          retryAfter: Int(wait / 1000) + Int.random(in: 1...2))
      }
      guard state.inside < Self.roomFor else {
        return Problem(
          .notNow, "too many terminals at once: come back later",
          retryAfter: Int.random(in: 1...Self.longestRest))
      }
      state.inside += 1
      return nil
    }
    if let verdict { throw verdict }
    defer { state.withLock { $0.inside -= 1 } }
    return try await body()
  }
}
