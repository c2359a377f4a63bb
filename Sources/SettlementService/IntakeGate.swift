import CanteenModel
import SettlementCore
import SyncProtocol
import SyncTransport
import Synchronization

/// How much the centre lets in at a time: so many requests of each terminal a second, and so many bodies of all
/// at once. What it turns away is told when to come back, at a moment of its own; terminals never drop, they
/// only wait.
final class IntakeGate: Sendable {
  /// What a request is about.
  enum Purpose {
    case settling
    /// A hold or a refund: somebody stands there, and at most once for each of them.
    case asking
    /// News: some times a minute. It brings nothing, and takes a connection.
    case waiting
    /// Somebody without a certificate, with a token or with nothing.
    case joining

    /// How many of them may be inside at once. Of those with bodies that is 16 MiB of the largest batches,
    /// half as much again in JSON, and as much of what is read of them; both kinds share it.
    fileprivate var room: Int {
      switch self {
      case .settling, .asking: 64
      case .waiting: 10_000
      case .joining: 16
      }
    }
  }

  private struct State {
    var settling = RateLimit(capacity: 40, perSecond: 20)
    var asking = RateLimit(capacity: 20, perSecond: 10)
    var waiting = RateLimit(capacity: 10, perSecond: 1)
    /// Of all strangers together.
    var joining = RateLimit(capacity: 40, perSecond: 20)
    var inside = 0
    var waitingInside = 0
    var joiningInside = 0

    /// - Returns: In how many milliseconds the terminal may come; `nil`: now.
    mutating func take(_ terminal: TerminalID, _ purpose: Purpose, now: Int64) -> Int64? {
      switch purpose {
      case .settling: settling.take(terminal, now: now)
      case .asking: asking.take(terminal, now: now)
      case .waiting: waiting.take(terminal, now: now)
      case .joining: joining.take(terminal, now: now)
      }
    }

    subscript(purpose: Purpose) -> Int {
      get {
        switch purpose {
        case .settling, .asking: inside
        case .waiting: waitingInside
        case .joining: joiningInside
        }
      }
      set {
        switch purpose {
        case .settling, .asking: inside = newValue
        case .waiting: waitingInside = newValue
        case .joining: joiningInside = newValue
        }
      }
    }
  }

  /// Those that find no room come back within so many seconds.
  private static let longestRest = 8

  private let state = Mutex(State())
  private let now: @Sendable () -> Int64

  /// - Parameter now: Milliseconds of a clock that never goes back.
  init(now: @escaping @Sendable () -> Int64) {
    self.now = now
  }

  /// Lets somebody in who says to be nobody yet. Terminals that are known have room of their own, so that nobody who
  /// knocks without a certificate keeps them out.
  func admittingStranger<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
    try await admitting(Self.stranger, for: .joining, body)
  }

  /// No terminal's number.
  private static let stranger = TerminalID(0)

  /// Lets a terminal's request in, or throws ``Problem`` 429 or 503 before its body is read.
  func admitting<Value: Sendable>(
    _ terminal: TerminalID, for purpose: Purpose, _ body: () async throws -> Value
  ) async throws -> Value {
    let time = now()
    let verdict: Problem? = state.withLock { state in
      if let wait = state.take(terminal, purpose, now: time) {
        return Problem(
          .tooManyRequests,
          purpose == .joining
            ? "too many want to join at once: come back later"
            : "terminal \(terminal) asks too often: come back later",
          retryAfter: Int(wait / 1000) + Int.random(in: 1...2))
      }
      guard state[purpose] < purpose.room else {
        return Problem(
          .notNow, "too many terminals at once: come back later",
          retryAfter: Int.random(in: 1...Self.longestRest))
      }
      state[purpose] += 1
      return nil
    }
    if let verdict { throw verdict }
    defer { state.withLock { $0[purpose] -= 1 } }
    return try await body()
  }
}
