/// What a fixed-price meal costs some diners (C8). The first rule that fits counts; when none does, the
/// period's own price.
package struct PriceRule: Hashable, Sendable, Codable {
  /// The meal period's number.
  package let period: UInt8
  /// `nil`: diners of every category.
  package let category: DinerCategory?
  /// Whether for visitors or for the canteen's own diners; `nil`: for both.
  package let isVisitor: Bool?
  /// 0 or more: some categories eat free of charge and are counted all the same.
  package let price: Fen

  package init(period: UInt8, category: DinerCategory?, isVisitor: Bool?, price: Fen) {
    self.period = period
    self.category = category
    self.isVisitor = isVisitor
    self.price = price
  }

  /// Whether the rule is meant for a diner.
  package func fits(period: UInt8, category: DinerCategory, isVisitor: Bool) -> Bool {
    self.period == period && (self.category ?? category) == category
      && (self.isVisitor ?? isVisitor) == isVisitor
  }
}

/// Whose price a visitor pays (C8).
package enum VisitorPricing: Hashable, Sendable, Codable {
  /// The host canteen's, by its price rules.
  case hostStandard
  /// What the diner's own unit set for the meal period, where the centre fed one; else the host's.
  case homeStandard
  /// The diner's own standard, but not below the host's price and not above this ceiling per meal.
  case band(ceiling: Fen)
}

/// What may be bought in a canteen supermarket with the card (S11, C12).
package struct MarketRules: Hashable, Sendable, Codable {
  /// The categories that may be sold. Empty: nothing.
  package let categories: [ItemCategory]
  /// For one account on one local day, and in one calendar month.
  package let dailyCap: Fen
  package let monthlyCap: Fen
  /// Whether a good without a registered ceiling may be sold (C13).
  package let sellsUnregistered: Bool

  package init(
    categories: [ItemCategory], dailyCap: Fen, monthlyCap: Fen, sellsUnregistered: Bool
  ) {
    self.categories = categories
    self.dailyCap = dailyCap
    self.monthlyCap = monthlyCap
    self.sellsUnregistered = sellsUnregistered
  }
}
