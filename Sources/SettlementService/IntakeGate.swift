import CanteenModel
import SyncProtocol
import SyncTransport
import Synchronization

/// How much the centre lets in at a time: so many requests of each terminal a second, and so many bodies of all at
/// once. A few of those that settle stand in line at the door, their bodies still in the network. What it turns away
/// is told when to come back, at a moment of its own; terminals never drop, they only wait.
final class IntakeGate: Sendable {
  /// What a request is about. Each has room of its own, so that a city that comes back at once keeps nobody waiting
  /// who stands at a counter.
  enum Purpose: CaseIterable {
    case settling
    /// A hold or a refund: somebody stands there, and at most once for each of them.
    case asking
    /// News: some times a minute. It brings nothing, and takes a connection.
    case waiting
    /// Somebody without a certificate, with a token or with nothing.
    case joining

    /// How many of them may be inside at once. Batches are verified beside each other and taken one after the other;
    /// sixteen of the largest are 4 MiB, in JSON half as much again, and several times that when they are read.
    fileprivate var room: Int {
      switch self {
      case .settling, .joining: 16
      case .asking: 32
      case .waiting: 10_000
      }
    }

    /// How many stand in line. Some seconds of full batches: less than anybody's patience.
    fileprivate var line: Int { self == .settling ? 128 : 0 }

    /// For one terminal, or for all strangers together.
    fileprivate var rate: RateLimit {
      switch self {
      case .settling, .joining: RateLimit(capacity: 40, perSecond: 20)
      case .asking: RateLimit(capacity: 20, perSecond: 10)
      case .waiting: RateLimit(capacity: 10, perSecond: 1)
      }
    }
  }

  /// The room of one purpose, and the line before it.
  private struct Room {
    var rate: RateLimit
    var inside = 0
    var line: [(ticket: UInt64, waiter: CheckedContinuation<Void, any Error>)] = []
  }

  private struct State {
    var rooms = Purpose.allCases.map { Room(rate: $0.rate) }
    var lastTicket: UInt64 = 0

    subscript(purpose: Purpose) -> Room {
      get { rooms[Self.place(of: purpose)] }
      _modify { yield &rooms[Self.place(of: purpose)] }
    }

    private static func place(of purpose: Purpose) -> Int {
      switch purpose {
      case .settling: 0
      case .asking: 1
      case .waiting: 2
      case .joining: 3
      }
    }
  }

  /// What is said at the door.
  private enum Verdict {
    case enter
    case line(ticket: UInt64)
    case away(Problem)
  }

  /// Those that find no room come back within so many seconds.
  private static let longestRest = 8
  /// A quarter of the line.
  private static let crowd = 32
  /// No terminal's number.
  private static let stranger = TerminalID(0)

  private let state = Mutex(State())
  private let now: @Sendable () -> Int64

  /// - Parameter now: Milliseconds of a clock that never goes back.
  init(now: @escaping @Sendable () -> Int64) {
    self.now = now
  }

  /// Whether more want to settle than a city of busy counters: it was cut off, and comes back.
  var isCrowded: Bool { inLine >= Self.crowd }

  /// How many stand in line.
  var inLine: Int { state.withLock { $0[.settling].line.count } }

  /// Lets somebody in who says to be nobody yet.
  func admittingStranger<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
    try await admitting(Self.stranger, for: .joining, body)
  }

  /// Lets a terminal's request in, or throws ``Problem`` 429 or 503 before its body is read.
  ///
  /// - Throws: `CancellationError` when its task is cancelled while it stands in line.
  func admitting<Value: Sendable>(
    _ terminal: TerminalID, for purpose: Purpose, _ body: () async throws -> Value
  ) async throws -> Value {
    switch verdict(terminal, purpose) {
    case .enter: break
    case .line(let ticket): try await stand(inLineFor: purpose, ticket)
    case .away(let problem): throw problem
    }
    defer { leave(purpose) }
    return try await body()
  }

  private func verdict(_ terminal: TerminalID, _ purpose: Purpose) -> Verdict {
    let time = now()
    return state.withLock { state in
      if let wait = state[purpose].rate.take(terminal, now: time) {
        let who =
          purpose == .joining ? "too many want to join" : "terminal \(terminal) asks too often"
        return .away(
          Problem(
            .tooManyRequests, "\(who): come back later",
            retryAfter: Int(wait / 1000) + Int.random(in: 1...2)))
      }
      if state[purpose].inside < purpose.room {
        state[purpose].inside += 1
        return .enter
      }
      guard state[purpose].line.count < purpose.line else {
        return .away(
          Problem(
            .notNow, "too many terminals at once: come back later",
            retryAfter: Int.random(in: 1...Self.longestRest)))
      }
      state.lastTicket += 1
      return .line(ticket: state.lastTicket)
    }
  }

  private func stand(inLineFor purpose: Purpose, _ ticket: UInt64) async throws {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { waiter in
        let isFree = state.withLock { state in
          guard state[purpose].inside >= purpose.room else {
            state[purpose].inside += 1
            return true
          }
          state[purpose].line.append((ticket, waiter))
          return false
        }
        if isFree { return waiter.resume() }
        // Whoever was cancelled before there was anybody in line to be called.
        if Task.isCancelled { giveUp(purpose, ticket) }
      }
    } onCancel: {
      giveUp(purpose, ticket)
    }
  }

  private func giveUp(_ purpose: Purpose, _ ticket: UInt64) {
    let waiter = state.withLock { state in
      state[purpose].line.firstIndex { $0.ticket == ticket }.map {
        state[purpose].line.remove(at: $0).waiter
      }
    }
    waiter?.resume(throwing: CancellationError())
  }

  /// The first in line takes the place.
  private func leave(_ purpose: Purpose) {
    let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
      guard !state[purpose].line.isEmpty else {
        state[purpose].inside -= 1
        return nil
      }
      return state[purpose].line.removeFirst().waiter
    }
    next?.resume()
  }
}
