import CanteenModel
import TerminalCore

/// What must come of a presentation, by docs/rules.md ("Limits, in the order in which they are judged") and
/// ARCHITECTURE.md (Offline, Groups, Above the cap).
struct RuledSale {
  let request: SaleRequest
  let facts: SaleFacts
  let wall: Int64

  /// `nil`: the sums of the record do not fit, which no world brings about.
  var decision: Authorisation.Decision? {
    guard let rulebook = facts.rulebook else { return refused(.notConfigured) }
    var isForHeads = false
    if case .officialMeal = request.price { isForHeads = true }
    // The unit's money pays for nothing else, and nobody else's for an official meal.
    let isVoucher = request.credential.kind == .officialVoucher
    if isForHeads != isVoucher { return refused(.notAtThisTerminal) }
    let day = RuledDay(wall, rulebook)
    switch RuledPrice.of(request.price, day.meal?.period, facts, rulebook) {
    case .refused(let reason): return refused(reason)
    case .price(let price): return decide(price, day, rulebook)
    }
  }

  private func decide(
    _ price: RuledPrice, _ day: RuledDay, _ rulebook: Rulebook
  ) -> Authorisation.Decision? {
    guard let account = facts.account else { return refused(.unknownCredential, price.fen) }
    if let earlier = shownAgain(price, account) { return .showAgain(earlier) }
    if !request.mayCharge { return .tapAgain }
    if account.status == .reportedLost { return refused(.reportedLost, price.fen) }
    if account.status == .closed { return refused(.accountClosed, price.fen) }
    if let reason = overLimit(price, account, day, rulebook) { return refused(reason, price.fen) }
    let today = Int32(truncatingIfNeeded: day.day)
    guard
      let parts = RuledMoney.parts(
        of: price.fen, account.tranches, rulebook.spendOrder, on: today)
    else {
      let missing = price.fen - RuledMoney.available(account.tranches, on: today)
      return refused(.insufficientBalance, price.fen, missing: missing)
    }
    switch cover(price.fen, account, day, rulebook) {
    case .refused(let reason): return refused(reason, price.fen)
    case .asks(let decision): return decision
    case .covered(let place, let holds):
      // try?: `nil` is the overflow of the declaration above.
      let record = try? SaleRecord(
        account: account.account, lane: request.lane, medium: request.medium, mode: price.mode,
        slot: day.slot, spends: parts, place: place, rulebookVersion: rulebook.version,
        isGuest: price.isGuest, heads: price.heads, items: price.items, holds: holds)
      return record.map { .approve($0) }
    }
  }

  /// An equal sale whose light nobody saw; or what the same card bought here within the guard time, when no cashier
  /// armed a new sale.
  private func shownAgain(_ price: RuledPrice, _ account: AccountView) -> EarlierSale? {
    for unlit in account.unlitSales {
      let sale = unlit.sale
      guard sale.mode == price.mode, sale.isGuest == price.isGuest, sale.heads == price.heads,
        sale.items == price.items, sale.total.value == price.fen
      else { continue }
      return unlit
    }
    guard request.price == .mealPeriod || request.price == .count else { return nil }
    for recent in account.recentSales
    where recent.sale.lane == request.lane && recent.sale.mode == price.mode
      && !recent.sale.isGuest
    {
      return recent
    }
    return nil
  }

  private func overLimit(
    _ price: RuledPrice, _ account: AccountView, _ day: RuledDay, _ rulebook: Rulebook
  ) -> DeclineReason? {
    // How many may eat is its limit.
    if price.mode == .officialMeal { return nil }
    let counters = account.counters
    let isKeyed = price.mode == .keyedAmount || price.mode == .items
    if isKeyed, price.fen < 1 { return .amountNotPositive }
    if price.fen > rulebook.singleLimit.value { return .singleLimit }
    if let most = rulebook.dailyLimit?.value, counters.dayTotal.value + price.fen > most {
      return .amountLimit
    }
    if price.goods > 0, let market = rulebook.market {
      let (today, month) = (counters.marketDayTotal.value, counters.marketMonthTotal.value)
      if today + price.goods > market.dailyCap.value { return .amountLimit }
      if month + price.goods > market.monthlyCap.value { return .amountLimit }
    }
    guard day.meal != nil else { return nil }
    if price.isGuest {
      return counters.guests >= rulebook.guestsPerMeal ? .countLimit : nil
    }
    let isMeal = price.mode != .items || price.goods != price.fen
    return isMeal && counters.meals >= rulebook.salesPerMeal ? .countLimit : nil
  }

  private enum Cover {
    case covered(DecisionPlace, [HoldSpend])
    case asks(Authorisation.Decision)
    case refused(DeclineReason)
  }

  /// On whose word: what the centre set aside, the neighbours', the terminal's own within its cap, the centre's now.
  private func cover(
    _ fen: Int64, _ account: AccountView, _ day: RuledDay, _ rulebook: Rulebook
  ) -> Cover {
    let isBraked = RuledCap.brake(facts.backlog, rulebook.brakes, at: wall) == .braked
    let (held, missing) = isBraked ? ([], fen) : Self.fromHolds(fen, facts.holds)
    if fen > 0, missing == 0 { return .covered(.online, held) }
    if fen <= 0 { return .covered(.alone, []) }  // what costs nothing needs nobody's word
    let hasGroups = rulebook.offline.groups != .none
    let mayReserve = hasGroups && facts.peers == .askable
    var isAgreed = false
    if case .agreed(let need) = facts.peers {
      isAgreed =
        need.account == account.account && need.slot == day.slot && need.amount.value >= fen
    }
    let cap = RuledCap.cap(
      of: account, at: facts.place, day.meal?.period, rulebook, isBraked: isBraked,
      isGroup: mayReserve || isAgreed)
    let known = RuledCap.known(account)
    if known.approvals < cap.approvals, known.fen + fen <= cap.fen {
      guard mayReserve else { return .covered(isAgreed ? .lan : .alone, []) }
      return .asks(
        .askPeers(
          PeerNeed(
            account: account.account, slot: day.slot, amount: Fen(fen),
            allowance: OfflineBound.Allowance(total: Fen(cap.fen), approvals: cap.approvals))))
    }
    guard case .askable(let canLease) = facts.centre else {
      return .refused(
        facts.centre == .answered(.insufficient) ? .insufficientBalance : .needsCentre)
    }
    // A braked terminal stores no more than it must, and a sale has at most eight holds.
    if isBraked || facts.holds.count >= 8 { return .refused(.needsCentre) }
    let lease = canLease && account.trust == .anonymous ? rulebook.offline.lease.value : 0
    return .asks(
      .askCentre(
        HoldNeed(
          account: account.account, asked: Fen(lease > missing ? lease : missing),
          least: Fen(missing))))
  }

  /// Oldest first, at most eight.
  private static func fromHolds(
    _ fen: Int64, _ holds: [HoldSpend]
  ) -> (spends: [HoldSpend], missing: Int64) {
    var missing = fen
    var spends: [HoldSpend] = []
    for hold in holds where spends.count < 8 && missing > 0 && hold.amount.value > 0 {
      let part = missing > hold.amount.value ? hold.amount.value : missing
      spends.append(HoldSpend(hold: hold.hold, amount: Fen(part)))
      missing -= part
    }
    return (spends, missing)
  }

  private func refused(
    _ reason: DeclineReason, _ fen: Int64 = 0, missing: Int64? = nil
  ) -> Authorisation.Decision {
    .decline(
      DeclineRecord(
        reason: reason, account: facts.account?.account, lane: request.lane,
        medium: request.medium, amount: Fen(fen), count: 1),
      shortfall: missing.map { Fen($0) })
  }
}
