package import CanteenModel

/// Whether a terminal takes what another one of its canteen wants to reserve.
///
/// What is taken is on this terminal's disk before it says so, counts here as if it had been sold here,
/// and ends by a newer statement of the same terminal only: never by time.
package enum ReservationRule {
  /// - Parameters:
  ///   - newest: The number of the newest statement of that terminal here, of the same account and
  ///     period.
  ///   - beside: What this terminal spent and reserved, and what it knows of others but the asking one.
  ///   - status: Of the account as it was fed here; `nil` where it is not known. A card that one terminal
  ///     knows to be lost buys only what others approve alone.
  ///   - rulebook: The one in force here.
  /// - Throws: ``MoneyError/overflow``.
  package static func judge(
    _ request: ReservationRequest, newest: StatementNumber?, beside: KnownSpend,
    status: AccountStatus?, rulebook: Rulebook?
  ) throws(MoneyError) -> ReservationVerdict {
    guard let caps = rulebook?.offline, caps.groups != .none else { return .noGroup }
    if let newest, newest >= request.statement.number { return .stale }
    guard status ?? .active == .active else { return .notActive }
    var sum = beside
    try sum.add(request.statement)
    let isWithin =
      sum.total <= min(request.cap, caps.home)
      && sum.approvals <= min(request.approvals, caps.approvals)
    return isWithin ? .taken : .overCap
  }
}

/// What came of asking the other terminals for one sale.
package struct ReservationTally: Hashable, Sendable {
  private var waiting: [TerminalID]
  private var taken = 0
  private let needed: Int

  /// - Parameters:
  ///   - asked: Who answered of late and is asked now.
  ///   - others: How many other terminals the canteen has, by its roster.
  package init(asked: [TerminalID], others: Int, groups: PeerGrouping) {
    waiting = asked
    switch groups {
    case .none: needed = .max
    case .any: needed = 1
    case .whole: needed = max(others, 1)
    }
  }

  /// An answer, from somebody who was asked; a second one counts for nothing.
  package mutating func heard(_ verdict: ReservationVerdict, from peer: TerminalID) {
    guard let place = waiting.firstIndex(of: peer) else { return }
    waiting.remove(at: place)
    if verdict == .taken { taken += 1 }
  }

  /// Nobody is waited for any more. Until then the sale waits, as long as the lane has patience: who has
  /// not answered may know of something.
  package var isComplete: Bool { waiting.isEmpty }

  /// Those who did not answer.
  package var missing: [TerminalID] { waiting }

  /// Whether so many have it on disk that the group's cap counts.
  package var isGroup: Bool { taken >= needed }
}
