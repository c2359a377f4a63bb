/// What a sale adds to the counters of its slot, and a correction takes off. None is negative.
package struct SaleCounts: Hashable, Sendable {
  /// Own meals, and guests treated.
  package let meals: Int64
  package let guests: Int64
  package let amount: Fen
  /// Approvals that were decided without the centre, alone or with other terminals, and what they took.
  package let alone: Int64
  package let aloneAmount: Fen
  /// For goods of the supermarket.
  package let marketAmount: Fen

  package init(
    meals: Int64, guests: Int64, amount: Fen, alone: Int64, aloneAmount: Fen, marketAmount: Fen
  ) {
    self.meals = meals
    self.guests = guests
    self.amount = amount
    self.alone = alone
    self.aloneAmount = aloneAmount
    self.marketAmount = marketAmount
  }

  /// What a sale counts for.
  package init(of sale: SaleRecord) {
    let isAlone = sale.place != .online && sale.total > .zero
    self.init(
      meals: sale.isOwnMeal ? 1 : 0, guests: sale.isGuest ? 1 : 0, amount: sale.total,
      alone: isAlone ? 1 : 0, aloneAmount: isAlone ? sale.total : .zero,
      marketAmount: sale.marketTotal)
  }

  /// In the order in which the counters are kept.
  package var columns: [Int64] {
    [meals, guests, amount.value, alone, aloneAmount.value, marketAmount.value]
  }
}
