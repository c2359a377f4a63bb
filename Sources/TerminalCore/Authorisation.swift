package import CanteenModel

/// The decision on one sale. Pure: everything that it depends on is an argument.
package enum Authorisation {
  package enum Decision: Hashable, Sendable {
    case approve(SaleRecord)
    /// Nothing is charged or written; the earlier sale is shown.
    case showAgain(EarlierSale)
    /// Nothing is charged or written: the card lay on the reader before anybody could see it come
    /// (``SaleRequest/mayCharge``). The diner is asked to tap again.
    case tapAgain
    /// - `shortfall`: what is missing, for ``DeclineReason/insufficientBalance`` only.
    case decline(DeclineRecord, shortfall: Fen?)
    /// Everything but the offline bound allows the sale, and the centre may be asked: nothing is
    /// charged or decided yet.
    case askCentre(HoldNeed)
    /// The other terminals of the canteen may be asked, and must be before anything is approved: nothing
    /// is charged or decided yet.
    case askPeers(PeerNeed)
  }

  /// Decides one request.
  ///
  /// - Parameter time: The time that the record will bear.
  /// - Throws: ``MoneyError/overflow`` when a sum does not fit; nothing was decided.
  package static func decide(
    _ request: SaleRequest, _ facts: SaleFacts, at time: RecordTime
  ) throws(MoneyError) -> Decision {
    guard let rulebook = facts.rulebook else {
      return refuse(request, .notConfigured, facts.account, .zero)
    }
    // The unit's money pays for nothing else, and nobody else's for an official meal.
    guard request.isForVoucher == (request.credential.kind == .officialVoucher) else {
      return refuse(request, .notAtThisTerminal, facts.account, .zero)
    }
    let meal = rulebook.meal(at: time.wallMilliseconds)
    let charge: Charge
    do throws(Charge.Failure) {
      charge = try Charge(of: request, period: meal?.period, facts: facts, rulebook: rulebook)
    } catch {
      switch error {
      case .declined(let reason): return refuse(request, reason, facts.account, .zero)
      case .money(let error): throw error
      }
    }
    guard let account = facts.account else {
      return refuse(request, .unknownCredential, nil, charge.amount)
    }
    if let earlier = standing(for: request, charge, account) { return .showAgain(earlier) }
    guard request.mayCharge else { return .tapAgain }
    if let reason = try refusal(of: account, charge, meal: meal?.key, rulebook) {
      return refuse(request, reason, account, charge.amount)
    }
    let day = rulebook.localDay(of: time.wallMilliseconds)
    let spends = try PurseSplit.spends(
      of: charge.amount, from: account.tranches, order: rulebook.spendOrder, on: day)
    guard let spends else {
      return refuse(
        request, .insufficientBalance, account, charge.amount,
        shortfall: try charge.amount - account.available(on: day).total())
    }
    let place: DecisionPlace
    var holds: [HoldSpend] = []
    switch try Coverage(
      of: charge.amount, for: account, meal: meal?.period, facts, rulebook,
      at: time.wallMilliseconds)
    {
    case .held(let spends): (place, holds) = (.online, spends)
    case .lan: place = .lan
    case .alone: place = .alone
    case .reserve(let need): return .askPeers(need)
    case .ask(let need): return .askCentre(need)
    case .refused(let reason): return refuse(request, reason, account, charge.amount)
    }
    return .approve(
      try SaleRecord(
        account: account.account, lane: request.lane, medium: request.medium, mode: charge.mode,
        slot: rulebook.slot(at: time.wallMilliseconds), spends: spends, place: place,
        rulebookVersion: rulebook.version,
        isGuest: charge.isGuest, heads: charge.heads, items: charge.items, holds: holds))
  }

  /// Within what time a sale of the account can be the one that a card tapped again is shown:
  /// milliseconds, 0 when none can. A newly armed sale always charges.
  package static func guardMilliseconds(of request: SaleRequest, rulebook: Rulebook?) -> Int64 {
    request.price.isArmed ? 0 : Int64(rulebook?.repeatGuardSeconds ?? 0) * 1000
  }

  /// The first rule, apart from the balance and the offline bound, that forbids the sale.
  private static func refusal(
    of account: AccountView, _ charge: Charge, meal: MealKey?, _ rulebook: Rulebook
  ) throws(MoneyError) -> DeclineReason? {
    switch account.status {
    case .reportedLost:
      #if SEEDED_BUGS
        if SeededRuleBug.planted == .lostCardPays { break }
      #endif
      return .reportedLost
    case .closed: return .accountClosed
    case .active: break
    }
    let counters = account.counters
    // How many may eat is its limit; what a head costs is the rulebook's.
    if charge.mode == .officialMeal { return nil }
    switch charge.mode {
    case .keyedAmount, .items: if charge.amount <= .zero { return .amountNotPositive }
    case .fixedPrice, .countOnly, .officialMeal: break  // a free meal is a meal
    }
    if charge.amount > rulebook.singleLimit { return .singleLimit }
    if let limit = rulebook.dailyLimit, try counters.dayTotal + charge.amount > limit {
      return .amountLimit
    }
    if let market = rulebook.market, charge.marketAmount > .zero {
      guard try counters.marketDayTotal + charge.marketAmount <= market.dailyCap,
        try counters.marketMonthTotal + charge.marketAmount <= market.monthlyCap
      else { return .amountLimit }
    }
    guard meal != nil else { return nil }
    if charge.isGuest { return counters.guests < rulebook.guestsPerMeal ? nil : .countLimit }
    // Goods are no meal.
    if charge.mode == .items, charge.marketAmount == charge.amount { return nil }
    return counters.meals < rulebook.salesPerMeal ? nil : .countLimit
  }

  /// The earlier sale that stands for this presentation, so that it must not be charged again.
  ///
  /// Either an equal sale is on disk whose light nobody may have seen, or the card is tapped again at
  /// the same lane within the guard time of a sale that no cashier armed.
  private static func standing(
    for request: SaleRequest, _ charge: Charge, _ account: AccountView
  ) -> EarlierSale? {
    let unlit = account.unlitSales.first {
      $0.sale.total == charge.amount && $0.sale.mode == charge.mode
        && $0.sale.isGuest == charge.isGuest && $0.sale.heads == charge.heads
        && $0.sale.items == charge.items
    }
    if let unlit { return unlit }
    guard !request.price.isArmed else { return nil }
    #if SEEDED_BUGS
      if SeededRuleBug.planted == .secondTapPays { return nil }
    #endif
    return account.recentSales.first { earlier in
      earlier.sale.mode == charge.mode && !earlier.sale.isGuest && earlier.sale.lane == request.lane
    }
  }

  private static func refuse(
    _ request: SaleRequest, _ reason: DeclineReason, _ account: AccountView?, _ amount: Fen,
    shortfall: Fen? = nil
  ) -> Decision {
    let record = DeclineRecord(
      reason: reason, account: account?.account, lane: request.lane, medium: request.medium,
      amount: amount, count: 1)
    return .decline(record, shortfall: shortfall)
  }
}

extension SaleRequest {
  fileprivate var isForVoucher: Bool {
    if case .officialMeal = price { true } else { false }
  }
}
