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
  }

  /// Decides one request.
  ///
  /// - Parameters:
  ///   - account: The account that the credential is bound to, `nil` when there is none.
  ///   - rulebook: The rulebook in force, `nil` when none has arrived yet.
  ///   - time: The time that the record will bear.
  package static func decide(
    _ request: SaleRequest, account: AccountView?, rulebook: Rulebook?, at time: RecordTime
  ) -> Decision {
    guard let rulebook else { return refuse(request, .notConfigured, account, .zero) }
    let meal = rulebook.meal(at: time.wallMilliseconds)
    let amount: Fen
    switch request.price {
    case .keyed(let keyed): amount = keyed
    case .mealPeriod:
      guard let meal else { return refuse(request, .outsideMealPeriod, account, .zero) }
      amount = meal.period.price
    }
    guard let account else { return refuse(request, .unknownCredential, nil, amount) }
    if let earlier = standing(for: request, amount, account) { return .showAgain(earlier) }
    guard request.mayCharge else { return .tapAgain }
    if let reason = refusal(of: account, amount: amount, meal: meal?.key, rulebook: rulebook) {
      return refuse(request, reason, account, amount)
    }
    guard let paid = split(amount, over: account.available, order: rulebook.spendOrder) else {
      return refuse(request, .insufficientBalance, account, amount)
    }
    return .approve(
      SaleRecord(
        account: account.account, lane: request.lane, medium: request.medium,
        mode: request.price == .mealPeriod ? .fixedPrice : .keyedAmount, meal: meal?.key,
        paid: paid, place: .alone, rulebookVersion: rulebook.version))
  }

  /// Within what time a sale of the account can be the one that a card tapped again is shown:
  /// milliseconds, 0 when none can. A newly armed sale always charges.
  package static func guardMilliseconds(of request: SaleRequest, rulebook: Rulebook?) -> Int64 {
    switch request.price {
    case .mealPeriod: Int64(rulebook?.repeatGuardSeconds ?? 0) * 1000
    case .keyed: 0
    }
  }

  /// The first rule, apart from the balance, that forbids the sale.
  private static func refusal(
    of account: AccountView, amount: Fen, meal: MealKey?, rulebook: Rulebook
  ) -> DeclineReason? {
    switch account.status {
    case .reportedLost: return .reportedLost
    case .closed: return .accountClosed
    case .active: break
    }
    if amount <= .zero { return .amountNotPositive }
    if amount > rulebook.singleLimit { return .singleLimit }
    if meal != nil, account.salesThisMeal >= rulebook.salesPerMeal { return .countLimit }
    return nil
  }

  /// The earlier sale that stands for this presentation, so that it must not be charged again.
  ///
  /// Either an equal sale is on disk whose light nobody may have seen, or the card is tapped again at
  /// the same lane within the guard time of a fixed-price sale.
  private static func standing(
    for request: SaleRequest, _ amount: Fen, _ account: AccountView
  ) -> EarlierSale? {
    let unlit = account.unlitSales.first { earlier in
      (try? earlier.sale.paid.total()) == amount  // an overflow equals no amount
    }
    if let unlit { return unlit }
    guard request.price == .mealPeriod else { return nil }
    return account.recentSales.first { earlier in
      earlier.sale.mode == .fixedPrice && earlier.sale.lane == request.lane
    }
  }

  /// Takes the amount from the purses in the order of the rulebook (C3).
  ///
  /// A purse below zero counts against the other one: what is owed cannot be spent a second time.
  ///
  /// - Returns: `nil` when both purses together do not have it.
  private static func split(
    _ amount: Fen, over available: PurseAmounts, order: [Purse]
  ) -> PurseAmounts? {
    // An overflow cannot be spent: it is refused like a balance that is too small.
    guard let total = try? available.total(), total >= amount else { return nil }
    var rest = amount.value
    var paid = PurseAmounts.zero
    for purse in order {
      let part = min(rest, max(0, available[purse].value))
      paid[purse] = Fen(part)
      rest -= part
    }
    return rest == 0 ? paid : nil
  }

  private static func refuse(
    _ request: SaleRequest, _ reason: DeclineReason, _ account: AccountView?, _ amount: Fen
  ) -> Decision {
    var shortfall: Fen?
    if reason == .insufficientBalance, let account {
      // Only for the display: without it the diner is told the reason alone.
      shortfall = try? amount - account.available.total()
    }
    let record = DeclineRecord(
      reason: reason, account: account?.account, lane: request.lane, medium: request.medium,
      amount: amount, count: 1)
    return .decline(record, shortfall: shortfall)
  }
}
