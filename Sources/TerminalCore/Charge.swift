import CanteenModel

/// What a request costs, worked out from the rulebook and the catalogue.
struct Charge: Hashable {
  let amount: Fen
  let mode: SaleMode
  let isGuest: Bool
  let heads: UInt16
  let items: [SoldItem]
  /// What of the amount is for goods of the supermarket (S11).
  let marketAmount: Fen

  private init(
    _ amount: Fen, _ mode: SaleMode, isGuest: Bool = false, heads: UInt16 = 0,
    items: [SoldItem] = [], marketAmount: Fen = .zero
  ) {
    self.amount = amount
    self.mode = mode
    self.isGuest = isGuest
    self.heads = heads
    self.items = items
    self.marketAmount = marketAmount
  }

  /// Why there is no price.
  enum Failure: Error {
    case declined(DeclineReason)
    case money(MoneyError)
  }

  /// Prices a request.
  ///
  /// - Parameter period: The meal period of the moment, `nil` between meals.
  init(
    of request: SaleRequest, period: MealPeriod?, facts: SaleFacts, rulebook: Rulebook
  ) throws(Failure) {
    switch request.price {
    case .keyed(let amount):
      self.init(amount, .keyedAmount)
    case .mealPeriod, .guestMeal:
      guard let period else { throw .declined(.outsideMealPeriod) }
      let isGuest = request.price == .guestMeal
      self.init(
        Self.mealPrice(period, for: facts.account, at: facts.place, rulebook), .fixedPrice,
        isGuest: isGuest)
    case .count:
      guard period != nil else { throw .declined(.outsideMealPeriod) }
      self.init(.zero, .countOnly)
    case .officialMeal(let heads):
      try self.init(heads: heads, period: period, rulebook: rulebook)
    case .items(let lines):
      try self.init(lines, catalogue: facts.items, rulebook: rulebook)
    }
  }

  private init(heads: Int, period: MealPeriod?, rulebook: Rulebook) throws(Failure) {
    guard let rules = rulebook.officialMeal else { throw .declined(.notAtThisTerminal) }
    guard let period, let price = rules.price(in: period.number) else {
      throw .declined(.outsideMealPeriod)
    }
    guard heads > 0 else { throw .declined(.amountNotPositive) }
    guard heads <= rules.mostHeads, let count = UInt16(exactly: heads) else {
      throw .declined(.countLimit)
    }
    do throws(MoneyError) {
      self.init(try price.times(Int64(heads)), .officialMeal, heads: count)
    } catch {
      throw .money(error)
    }
  }

  /// What a meal costs a diner (C8). Without an account: what the period says.
  static func mealPrice(
    _ period: MealPeriod, for account: AccountView?, at place: TerminalPlace?, _ rulebook: Rulebook
  ) -> Fen {
    guard let account else { return period.price }
    let isVisitor = account.isVisitor(at: place)
    let host =
      rulebook.priceRules.first {
        $0.fits(period: period.number, category: account.category, isVisitor: isVisitor)
      }?.price ?? period.price
    guard isVisitor, let home = account.homePrices[period.number] else { return host }
    switch rulebook.visitorPricing {
    case .hostStandard: return host
    case .homeStandard: return home
    case .band(let ceiling): return max(host, min(home, ceiling))
    }
  }

  private init(_ lines: [ItemLine], catalogue: [Item], rulebook: Rulebook) throws(Failure) {
    guard !lines.isEmpty, lines.count <= ItemLine.limit else { throw .declined(.itemNotForSale) }
    var (total, market) = (Fen.zero, Fen.zero)
    var sold: [SoldItem] = []
    for line in lines {
      guard ItemLine.quantities.contains(line.quantity),
        let item = catalogue.first(where: { $0.code == line.code }), item.price > .zero
      else { throw .declined(.itemNotForSale) }
      try Self.check(item, rulebook)
      do throws(MoneyError) {
        let cost = try item.price.times(Int64(line.quantity))
        total = try total + cost
        if item.category.isMarket { market = try market + cost }
      } catch {
        throw .money(error)
      }
      sold.append(
        SoldItem(
          code: item.code, category: item.category, quantity: line.quantity, price: item.price))
    }
    self.init(total, .items, items: sold, marketAmount: market)
  }

  /// Whether an item may be sold with the card at its price (S12, C12, C13). Dishes may.
  private static func check(_ item: Item, _ rulebook: Rulebook) throws(Failure) {
    guard item.category.isMarket else { return }
    guard let market = rulebook.market, market.categories.contains(item.category) else {
      throw .declined(.itemNotForSale)
    }
    guard let ceiling = item.ceiling else {
      guard market.sellsUnregistered else { throw .declined(.overPriceCeiling) }
      return
    }
    guard item.price <= ceiling else { throw .declined(.overPriceCeiling) }
  }
}

extension AccountView {
  /// Whether the diner's own unit has another canteen, or none. Before the terminal knows where it
  /// stands everybody is a visitor.
  func isVisitor(at place: TerminalPlace?) -> Bool {
    guard let place, let homeCanteen else { return true }
    return homeCanteen != place.canteen
  }
}
