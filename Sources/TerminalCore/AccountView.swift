package import CanteenModel

/// What the ledger knows of one account at the moment of a decision, read in its transaction.
package struct AccountView: Hashable, Sendable {
  package let account: AccountID
  package let maskedName: String
  package let status: AccountStatus
  package let category: DinerCategory
  package let homeCanteen: CanteenID?
  package let homePrices: [UInt8: Fen]
  /// What the shown credential is worth.
  package let trust: TrustClass
  /// The fed balance minus the own sales that it does not include yet, tranche by tranche.
  package let tranches: [TrancheBalance]
  package let counters: AccountCounters
  /// The account's sales at this terminal within the guard time, newest first.
  package let recentSales: [EarlierSale]
  /// The account's sales whose light nobody may have seen (``UnlitSales``), newest first.
  package let unlitSales: [EarlierSale]
  /// What other terminals of the canteen approved in the meal period or reserved, as far as it is known
  /// here, and what other presentations here have reserved.
  package let beside: KnownSpend

  package init(
    account: AccountID, maskedName: String, status: AccountStatus,
    category: DinerCategory = .ordinary, homeCanteen: CanteenID? = nil,
    homePrices: [UInt8: Fen] = [:], trust: TrustClass, tranches: [TrancheBalance],
    counters: AccountCounters, recentSales: [EarlierSale] = [], unlitSales: [EarlierSale] = [],
    beside: KnownSpend = KnownSpend()
  ) {
    self.account = account
    self.maskedName = maskedName
    self.status = status
    self.category = category
    self.homeCanteen = homeCanteen
    self.homePrices = homePrices
    self.trust = trust
    self.tranches = tranches
    self.counters = counters
    self.recentSales = recentSales
    self.unlitSales = unlitSales
    self.beside = beside
  }

  /// Everything that is known to be spent or reserved in the meal period without the centre.
  ///
  /// - Throws: ``MoneyError/overflow``.
  package func knownSpend() throws(MoneyError) -> KnownSpend {
    var known = beside
    try known.add(counters.aloneTotal, approvals: counters.aloneApprovals)
    return known
  }

  /// What can be spent on a day, purse by purse: open tranches, and every debt.
  ///
  /// - Throws: ``MoneyError/overflow``.
  package func available(on day: Int32) throws(MoneyError) -> PurseAmounts {
    var available = PurseAmounts.zero
    for tranche in tranches where tranche.isOpen(on: day) || tranche.amount < .zero {
      available[tranche.purse] = try available[tranche.purse] + tranche.amount
    }
    return available
  }
}

/// What an account did at this terminal, as far as limits need to know. All amounts are not negative.
package struct AccountCounters: Hashable, Sendable {
  /// Own meals, and guests treated, in the meal period of the decision.
  package var meals: Int
  package var guests: Int
  /// Approvals in the period that this terminal decided without the centre, and what they took.
  package var aloneApprovals: Int
  package var aloneTotal: Fen
  /// Everything that was paid on the local day of the decision.
  package var dayTotal: Fen
  /// Of that, and of its calendar month, what was paid for goods (C12).
  package var marketDayTotal: Fen
  package var marketMonthTotal: Fen

  package init(
    meals: Int = 0, guests: Int = 0, aloneApprovals: Int = 0, aloneTotal: Fen = .zero,
    dayTotal: Fen = .zero, marketDayTotal: Fen = .zero, marketMonthTotal: Fen = .zero
  ) {
    self.meals = meals
    self.guests = guests
    self.aloneApprovals = aloneApprovals
    self.aloneTotal = aloneTotal
    self.dayTotal = dayTotal
    self.marketDayTotal = marketDayTotal
    self.marketMonthTotal = marketMonthTotal
  }
}

/// A sale that is already in the journal.
package struct EarlierSale: Hashable, Sendable {
  package let position: JournalPosition
  package let time: RecordTime
  package let sale: SaleRecord

  package init(position: JournalPosition, time: RecordTime, sale: SaleRecord) {
    self.position = position
    self.time = time
    self.sale = sale
  }
}
