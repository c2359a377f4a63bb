import CanteenModel
import TerminalCore

/// What a terminal may approve without the centre, and how near it is to its brakes: ARCHITECTURE.md, Offline.
enum RuledCap {
  /// Both are not negative.
  struct Cap: Equatable {
    var fen: Int64
    var approvals: Int

    static let nothing = Cap(fen: 0, approvals: 0)
  }

  /// - Parameter isGroup: Whether neighbours have the amount on disk, or are asked for their word.
  static func cap(
    of account: AccountView, at place: TerminalPlace?, _ served: MealPeriod?, _ rulebook: Rulebook,
    isBraked: Bool, isGroup: Bool
  ) -> Cap {
    let diner = RuledDiner(account, at: place)
    let meal = served.map { RuledPrice.ofMeal($0, diner: diner, rulebook) }
    var cap = Cap.nothing
    switch account.trust {
    case .anonymous: break
    case .weak:
      // One standard meal, at home.
      if let meal, !diner.isVisitor { cap = Cap(fen: meal, approvals: 1) }
    case .medium, .strong:
      let isWhole = !diner.isVisitor && (isGroup || (place?.isOnlyTerminal ?? false))
      let most = isWhole ? rulebook.offline.home : rulebook.offline.alone
      cap = Cap(fen: most.value, approvals: rulebook.offline.approvals)
    }
    guard isBraked else { return cap }
    // Everybody who may buy at all buys one standard meal.
    guard let meal, cap.approvals > 0 else { return .nothing }
    return Cap(fen: meal < cap.fen ? meal : cap.fen, approvals: 1)
  }

  /// What is known of an account in the slot: here, and beside it.
  static func known(_ account: AccountView) -> (fen: Int64, approvals: Int) {
    (
      account.beside.total.value + account.counters.aloneTotal.value,
      account.beside.approvals + account.counters.aloneApprovals
    )
  }

  /// Half of a limit warns, a limit brakes.
  static func brake(_ backlog: Backlog, _ limits: Brakes, at wall: Int64) -> BrakeLevel {
    let since = backlog.sinceWallMilliseconds.map { wall - $0 } ?? 0
    let shares: [(Int64, Int64)] = [
      (backlog.total.value, limits.total.value), (Int64(backlog.records), Int64(limits.records)),
      (since, Int64(limits.hours) * 3_600_000),
    ]
    if shares.contains(where: { $0.0 >= $0.1 }) { return .braked }
    return shares.contains { $0.0 >= $0.1 / 2 } ? .warning : .free
  }

  /// What somebody may still buy here, for the operator's page: the rest of the cap, as far as there is money.
  static func mayBuy(
    _ account: AccountView, at place: TerminalPlace?, _ served: MealPeriod?, _ rulebook: Rulebook,
    isBraked: Bool, isGroup: Bool, on day: Int32
  ) -> Int64 {
    let cap = cap(
      of: account, at: place, served, rulebook, isBraked: isBraked, isGroup: isGroup)
    let known = known(account)
    guard account.status == .active, known.approvals < cap.approvals else { return 0 }
    let money = RuledMoney.available(account.tranches, on: day)
    return max(0, min(money, cap.fen - known.fen))
  }
}
