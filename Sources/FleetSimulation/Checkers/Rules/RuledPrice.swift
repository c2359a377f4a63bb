import CanteenModel
import TerminalCore

/// What is asked costs, or why it has no price: S11, S12, S24, S35, S44, C8, C12, C13.
struct RuledPrice {
  var fen: Int64
  let mode: SaleMode
  var isGuest = false
  var heads: UInt16 = 0
  var items: [SoldItem] = []
  /// Of it for goods of the supermarket.
  var goods: Int64 = 0

  private init(_ fen: Int64, _ mode: SaleMode) { (self.fen, self.mode) = (fen, mode) }

  enum Answer {
    case price(RuledPrice)
    case refused(DeclineReason)
  }

  static func of(
    _ price: SalePrice, _ served: MealPeriod?, _ facts: SaleFacts, _ rulebook: Rulebook
  ) -> Answer {
    switch price {
    case .keyed(let keyed): return .price(RuledPrice(keyed.value, .keyedAmount))
    case .items(let lines): return ofItems(lines, facts.items, rulebook)
    case .officialMeal(let heads): return ofHeads(heads, served, rulebook)
    case .count, .mealPeriod, .guestMeal: break
    }
    guard let served else { return .refused(.outsideMealPeriod) }
    if price == .count { return .price(RuledPrice(0, .countOnly)) }
    var meal = RuledPrice(0, .fixedPrice)
    meal.fen = ofMeal(
      served, diner: facts.account.map { RuledDiner($0, at: facts.place) }, rulebook)
    meal.isGuest = price == .guestMeal
    return .price(meal)
  }

  /// What a meal costs a diner (C8): the first rule that fits, else the period's own price; a visitor as the
  /// rulebook says: that, the own unit's, or the own unit's between that and a ceiling.
  static func ofMeal(_ period: MealPeriod, diner: RuledDiner?, _ rulebook: Rulebook) -> Int64 {
    guard let diner else { return period.price.value }
    var here = period.price.value
    for rule in rulebook.priceRules.reversed() where rule.period == period.number {
      if let category = rule.category, category != diner.category { continue }
      if let forVisitors = rule.isVisitor, forVisitors != diner.isVisitor { continue }
      here = rule.price.value
    }
    guard diner.isVisitor, let home = diner.homePrices[period.number]?.value else { return here }
    switch rulebook.visitorPricing {
    case .hostStandard: return here
    case .homeStandard: return home
    case .band(let ceiling):
      if home < here { return here }
      return home > ceiling.value ? Swift.max(ceiling.value, here) : home
    }
  }

  private static func ofHeads(
    _ heads: Int, _ served: MealPeriod?, _ rulebook: Rulebook
  ) -> Answer {
    guard let official = rulebook.officialMeal else { return .refused(.notAtThisTerminal) }
    let perHead = official.prices.filter { $0.period == served?.number }.first?.perHead.value
    guard let perHead else { return .refused(.outsideMealPeriod) }
    if heads < 1 { return .refused(.amountNotPositive) }
    if heads > official.mostHeads { return .refused(.countLimit) }
    var meal = RuledPrice(perHead * Int64(heads), .officialMeal)
    meal.heads = UInt16(heads)
    return .price(meal)
  }

  private static func ofItems(
    _ lines: [ItemLine], _ catalogue: [Item], _ rulebook: Rulebook
  ) -> Answer {
    var sale = RuledPrice(0, .items)
    guard (1...50).contains(lines.count) else { return .refused(.itemNotForSale) }
    for line in lines {
      let rows = catalogue.filter { $0.code == line.code }
      guard let item = rows.first, item.price.value >= 1, (1...999).contains(line.quantity) else {
        return .refused(.itemNotForSale)
      }
      let isGood = item.category.number != 0
      if isGood {
        let allowed = rulebook.market?.categories ?? []
        guard allowed.contains(item.category) else { return .refused(.itemNotForSale) }
        let mayBeUnregistered = rulebook.market?.sellsUnregistered ?? false
        let isDear = item.ceiling.map { item.price.value > $0.value } ?? !mayBeUnregistered
        if isDear { return .refused(.overPriceCeiling) }
      }
      let cost = item.price.value * Int64(line.quantity)
      sale.fen += cost
      if isGood { sale.goods += cost }
      sale.items.append(
        SoldItem(
          code: item.code, category: item.category, quantity: line.quantity, price: item.price))
    }
    return .price(sale)
  }
}

/// Who eats, as far as a price asks.
struct RuledDiner {
  let category: DinerCategory
  /// Whether the own unit eats elsewhere, or nobody knows where this is.
  let isVisitor: Bool
  let homePrices: [UInt8: Fen]

  init(category: DinerCategory, isVisitor: Bool, homePrices: [UInt8: Fen]) {
    self.category = category
    self.isVisitor = isVisitor
    self.homePrices = homePrices
  }

  init(_ account: AccountView, at place: TerminalPlace?) {
    self.init(
      category: account.category,
      isVisitor: place == nil || account.homeCanteen == nil
        || account.homeCanteen != place?.canteen,
      homePrices: account.homePrices)
  }
}
