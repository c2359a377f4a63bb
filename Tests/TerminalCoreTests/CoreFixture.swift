import CanteenModel
import TerminalCore

/// Values for the core's tests. Noon is 2026-11-23 12:00 in China.
enum CoreFixture {
  static let noon: Int64 = 1_795_406_400_000

  static let rulebook = rulebook()

  /// Caps so wide that the other rules speak.
  static let wideCaps = OfflineCaps(home: Fen(1_000_000), alone: Fen(1_000_000), approvals: 100)

  static func rulebook(
    spendOrder: [Purse] = [.subsidy, .personal], priceRules: [PriceRule] = [],
    visitorPricing: VisitorPricing = .hostStandard, guestsPerMeal: Int = 0,
    dailyLimit: Fen? = nil, market: MarketRules? = nil, offline: OfflineCaps = wideCaps
  ) -> Rulebook {
    Rulebook(
      version: 7, legalBasis: "测试〔2026〕1号", utcOffsetMinutes: 480,
      mealPeriods: [
        MealPeriod(number: 2, name: "午餐", startMinute: 660, endMinute: 780, price: Fen(1500)),
        MealPeriod(number: 4, name: "夜宵", startMinute: 1320, endMinute: 60, price: Fen(800)),
      ], spendOrder: spendOrder, singleLimit: Fen(10_000), salesPerMeal: 2,
      repeatGuardSeconds: 60, priceRules: priceRules, visitorPricing: visitorPricing,
      guestsPerMeal: guestsPerMeal, dailyLimit: dailyLimit, market: market, offline: offline)
  }

  /// Decides at noon, at the fixture's place.
  static func decide(
    _ account: AccountView?, _ request: SaleRequest = request(), rulebook: Rulebook = rulebook,
    items: [Item] = [], place: TerminalPlace? = place, at time: RecordTime = time()
  ) throws -> Authorisation.Decision {
    try Authorisation.decide(
      request, SaleFacts(rulebook: rulebook, place: place, account: account, items: items),
      at: time)
  }

  static let card = Credential(kind: .cardSerial, value: [4, 1, 2, 3, 4, 5, 6])
  static let reader = ReaderID(port: "1-2")
  static let presentation = LanePresentation(medium: .card, credential: card, reader: reader)

  static func time(_ milliseconds: Int64 = noon) -> RecordTime {
    RecordTime(wallMilliseconds: milliseconds, bootMilliseconds: 0, isTrusted: true)
  }

  static func request(
    _ price: SalePrice = .mealPeriod, lane: UInt16 = 1, mayCharge: Bool = true
  ) -> SaleRequest {
    SaleRequest(
      lane: LaneID(lane), medium: .card, credential: card, price: price, mayCharge: mayCharge)
  }

  /// Where the fixture's terminal stands: canteen 5, which has other terminals.
  static let place = TerminalPlace(canteen: CanteenID(5), isOnlyTerminal: false)

  static func account(
    subsidy: Int64 = 0, personal: Int64 = 0, status: AccountStatus = .active, sales: Int = 0,
    trust: TrustClass = .strong, recent: [EarlierSale] = [], unlit: [EarlierSale] = []
  ) -> AccountView {
    account(
      tranches: [
        tranche(.subsidy, subsidy), tranche(.personal, personal),
      ], status: status, trust: trust, counters: AccountCounters(meals: sales), recent: recent,
      unlit: unlit)
  }

  static func account(
    tranches: [TrancheBalance], status: AccountStatus = .active,
    category: DinerCategory = .ordinary, home: CanteenID? = CanteenID(5),
    homePrices: [UInt8: Fen] = [:], trust: TrustClass = .strong,
    counters: AccountCounters = AccountCounters(), recent: [EarlierSale] = [],
    unlit: [EarlierSale] = []
  ) -> AccountView {
    AccountView(
      account: AccountID(11), maskedName: "王*明", status: status, category: category,
      homeCanteen: home, homePrices: homePrices, trust: trust, tranches: tranches,
      counters: counters, recentSales: recent, unlitSales: unlit)
  }

  static func tranche(
    _ purse: Purse, _ fen: Int64, _ number: Int64 = 0, until day: Int32? = nil
  ) -> TrancheBalance {
    TrancheBalance(
      purse: purse, tranche: TrancheID(number), amount: Fen(fen), lastSpendingDay: day)
  }

  static func sale(
    _ fen: Int64, mode: SaleMode = .fixedPrice, lane: UInt16 = 1, isGuest: Bool = false
  ) throws -> SaleRecord {
    try SaleRecord(
      account: AccountID(11), lane: LaneID(lane), medium: .card, mode: mode,
      slot: MealKey(day: 20_780, period: 2),
      spends: [Spend(purse: .subsidy, tranche: .none, amount: Fen(fen))], place: .alone,
      rulebookVersion: 7, isGuest: isGuest)
  }

  static let meal: SaleRecord = {
    do {
      return try sale(1500)
    } catch {
      preconditionFailure("¥15.00 fits into 64 bits")
    }
  }()

  static func earlier(_ sale: SaleRecord, sequence: UInt64 = 5) -> EarlierSale {
    EarlierSale(
      position: JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(sequence)),
      time: time(noon - 1), sale: sale)
  }
}
