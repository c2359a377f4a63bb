/// How often a terminal may ask: a bucket of tokens that fills again with time. Whoever finds it empty is told
/// when to come back, and loses nothing.
///
/// Times are milliseconds of any clock that never goes back.
package struct TokenBucket: Sendable {
  private let capacity: Int64
  private let perSecond: Int64
  /// In thousandths of a token.
  private var level: Int64
  private var filledAt: Int64

  /// A full bucket.
  ///
  /// - Parameters:
  ///   - capacity: How many requests may come at once. 1 or more.
  ///   - perSecond: How many may come in the long run. 1 or more.
  package init(capacity: Int, perSecond: Int, now: Int64) {
    precondition(capacity >= 1 && perSecond >= 1, "a bucket that is never full lets nobody in")
    self.capacity = Int64(capacity)
    self.perSecond = Int64(perSecond)
    level = self.capacity * 1000
    filledAt = now
  }

  /// Takes a token.
  ///
  /// - Returns: `nil` when there was one; otherwise in how many milliseconds there will be, 1 or more.
  package mutating func take(now: Int64) -> Int64? {
    level = min(capacity * 1000, level + max(0, now - filledAt) * perSecond)
    filledAt = max(filledAt, now)
    guard level < 1000 else {
      level -= 1000
      return nil
    }
    return (1000 - level + perSecond - 1) / perSecond
  }
}

/// The buckets of all terminals, each its own: one that asks without end takes nothing from the others.
package struct RateLimit: Sendable {
  private let capacity: Int
  private let perSecond: Int
  private var buckets: [TerminalID: TokenBucket] = [:]

  /// - Parameters: As of ``TokenBucket``, for each terminal.
  package init(capacity: Int, perSecond: Int) {
    self.capacity = capacity
    self.perSecond = perSecond
  }

  /// Takes a token of a terminal's.
  ///
  /// - Returns: As ``TokenBucket/take(now:)``.
  package mutating func take(_ terminal: TerminalID, now: Int64) -> Int64? {
    var bucket =
      buckets[terminal] ?? TokenBucket(capacity: capacity, perSecond: perSecond, now: now)
    defer { buckets[terminal] = bucket }
    return bucket.take(now: now)
  }
}
