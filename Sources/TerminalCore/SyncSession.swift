package import CanteenModel

/// The terminal's half of settling: what may be sent, which ack is believed, when to try again.
///
/// The same machine serves both directions. When the terminal pushes, ``Action/rest(milliseconds:)``
/// paces it; when the centre pulls, its requests arrive as ``Event/wake`` and rests are ignored.
package struct SyncSession: Sendable {
  package enum Event: Hashable, Sendable {
    /// A rest is over, a record waits, the operator asked, or the centre asked for a batch.
    case wake
    /// This batch is on its way.
    case sent(BatchFacts)
    /// An ack with a good signature came. `ownHead` is this terminal's head at its position, `nil` when
    /// there is no record there any more or never was.
    case acknowledged(AckFacts, ownHead: Digest32?)
    /// The ack is on disk. `hasBacklog`: more records wait.
    case ackStored(hasBacklog: Bool)
    /// A page of the feed is on disk.
    case fed(hasMore: Bool)
    /// The link, the centre or the signature failed. `jitterPermille`: 0...1000, from the caller's
    /// random number generator.
    case failed(jitterPermille: Int)
    /// The centre has no room now, and said when to come again.
    case turnedAway(milliseconds: Int64, jitterPermille: Int)
    /// The centre answered and does not take the chain, or its ack was not believed. The feed still
    /// goes on: a card that was reported lost must not spend because settling stands still.
    case refused(jitterPermille: Int)
  }

  package enum Action: Hashable, Sendable {
    /// Read at most this many unacknowledged records, and send them. None is a sign of life.
    case sendBatch(limit: Int)
    /// Make the ack durable before anything else is sent.
    case storeAck(AckFacts)
    case requestFeed
    /// Send ``Event/wake`` after this time, or earlier when there is a reason.
    case rest(milliseconds: Int64)
    /// Do not believe this ack; say so to the operator.
    case refuse(AckRefusal)
  }

  /// A rest when there is nothing to do; the next batch is then a sign of life.
  package static let heartbeatMilliseconds: Int64 = 10_000
  /// The first rest after a failure; it doubles up to the longest one.
  package static let shortestRetryMilliseconds: Int64 = 1_000
  package static let longestRetryMilliseconds: Int64 = 60_000
  /// A centre that asks for more than this is asked again all the same.
  package static let longestPatience: Int64 = 600_000

  private let terminal: TerminalID
  /// The batch whose ack is waited for. One only: an ack that was overtaken by the next batch is never believed
  /// any more, and the centre relies on that to notice a copy (`NonceRule`).
  private var outstanding: BatchFacts?
  /// The rest that a refusal asks for, once the feed is current.
  private var restAfterFeed: Int64?
  /// How many records the centre takes next.
  private var nextSize: Int
  private var hasBacklog = false
  private(set) package var failures = 0

  /// - Parameter nextSize: From the last stored ack; ``WireLimit/recordsPerBatch`` before the first.
  package init(terminal: TerminalID, nextSize: Int) {
    self.terminal = terminal
    self.nextSize = nextSize
  }

  /// Whether the last batch was refused, until one is acknowledged.
  package private(set) var isRefused = false

  /// Takes one event and says what must happen.
  package mutating func handle(_ event: Event) -> [Action] {
    switch event {
    case .wake:
      return [.sendBatch(limit: nextSize)]
    case .sent(let facts):
      outstanding = facts
      return []
    case .acknowledged(let ack, let ownHead):
      return judge(ack, ownHead: ownHead)
    case .ackStored(let hasBacklog):
      isRefused = false
      self.hasBacklog = hasBacklog
      return [.requestFeed]
    case .fed(let hasMore):
      if hasMore { return [.requestFeed] }
      if let rest = restAfterFeed {
        restAfterFeed = nil
        return [.rest(milliseconds: rest)]
      }
      // Not with the ack: a copy whose batches are taken and who is told nothing would come back every second.
      failures = 0
      if hasBacklog, nextSize > 0 { return [.sendBatch(limit: nextSize)] }
      return [.rest(milliseconds: Self.heartbeatMilliseconds)]
    case .failed(let jitterPermille):
      outstanding = nil
      let rest = restAfterFeed ?? retryRest(jitterPermille: jitterPermille)
      restAfterFeed = nil
      return [.rest(milliseconds: rest)]
    case .turnedAway(let milliseconds, let jitterPermille):
      outstanding = nil
      restAfterFeed = nil
      let asked = min(max(milliseconds, Self.shortestRetryMilliseconds), Self.longestPatience)
      return [.rest(milliseconds: asked + asked / 2 * Self.checked(jitterPermille) / 1000)]
    case .refused(let jitterPermille):
      isRefused = true
      outstanding = nil
      restAfterFeed = retryRest(jitterPermille: jitterPermille)
      return [.requestFeed]
    }
  }

  /// An ack is believed when it answers a batch of ours and names a head that is our own.
  ///
  /// It may name more than its batch carried, when the ack before it was lost; and less than was
  /// acknowledged before, when the centre was restored from a backup: the next batch begins behind it.
  private mutating func judge(_ ack: AckFacts, ownHead: Digest32?) -> [Action] {
    guard let batch = outstanding else { return [.refuse(.unasked)] }
    guard batch.challenge == ack.challenge else { return [.refuse(.stale)] }
    guard ack.terminal == terminal, ack.position.epoch == batch.epoch else {
      return [.refuse(.notOurs)]
    }
    guard ack.head == ownHead else { return [.refuse(.otherHead)] }
    outstanding = nil
    nextSize = ack.nextSize
    return [.storeAck(ack)]
  }

  /// Half to all of the exponential rest, so that terminals do not return together.
  private mutating func retryRest(jitterPermille: Int) -> Int64 {
    let jitter = Self.checked(jitterPermille)
    let doublings = min(failures, 6)
    failures += 1
    let whole = min(Self.shortestRetryMilliseconds << doublings, Self.longestRetryMilliseconds)
    return whole / 2 + whole / 2 * jitter / 1000
  }

  private static func checked(_ jitterPermille: Int) -> Int64 {
    precondition((0...1000).contains(jitterPermille), "jitter is given in permille")
    return Int64(jitterPermille)
  }
}

/// Why an ack is not believed. Nothing is pruned or counted as settled on it.
package enum AckRefusal: String, Error, Hashable, Sendable {
  /// No batch waits for an ack.
  case unasked
  /// It names another terminal or epoch.
  case notOurs
  /// It answers another batch than the last one; or it is a page of the feed that was asked for before the last
  /// ack was stored.
  case stale
  /// The centre holds another record than this terminal at that place, or more than there is.
  case otherHead
}
