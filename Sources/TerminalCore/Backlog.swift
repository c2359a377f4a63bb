package import CanteenModel

/// What a terminal approved and has not settled yet.
package struct Backlog: Hashable, Sendable {
  /// Of sales that the centre does not have.
  package var total: Fen
  /// Records that the centre does not have.
  package var records: Int
  /// Record time of the oldest of them; `nil` when there is none.
  package var sinceWallMilliseconds: Int64?

  package init(total: Fen, records: Int, sinceWallMilliseconds: Int64?) {
    self.total = total
    self.records = records
    self.sinceWallMilliseconds = sinceWallMilliseconds
  }

  package static let none = Backlog(total: .zero, records: 0, sinceWallMilliseconds: nil)
}

/// How near a terminal that cannot settle is to what it may store.
package enum BrakeLevel: Int, Hashable, Comparable, Sendable {
  case free = 0
  /// Half of a limit is reached: the operator is told.
  case warning = 1
  /// A limit is reached: one standard meal for each person and meal period, and nothing else, until the
  /// centre has what waits.
  case braked = 2

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  /// - Parameter wallMilliseconds: The record time of the moment.
  package init(of backlog: Backlog, limits: Brakes, at wallMilliseconds: Int64) {
    let age = wallMilliseconds - (backlog.sinceWallMilliseconds ?? wallMilliseconds)
    self = max(
      Self(backlog.total.value, of: limits.total.value),
      Self(Int64(backlog.records), of: Int64(limits.records)),
      Self(age, of: Int64(limits.hours) * 3_600_000))
  }

  private init(_ value: Int64, of limit: Int64) {
    if value >= limit {
      self = .braked
    } else if value >= limit / 2 {
      self = .warning
    } else {
      self = .free
    }
  }
}
