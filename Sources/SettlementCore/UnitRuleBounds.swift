package import CanteenModel

/// How far units may set the rules of their own canteens (S35, C8): part of the policy, so the Bureau decides it, with a
/// first day and a legal basis.
package struct UnitRuleBounds: Hashable, Sendable, Codable {
  /// What a meal may cost at least and at most where a unit sets its price, of its own people and of visitors.
  package let leastPrice: Fen
  package let mostPrice: Fen
  /// By how many minutes a meal may begin or end before or after the city's. 0...720; 0: units set no times.
  package let mostMinutes: Int
  /// How many sales of a diner in one meal period a unit may allow. 1...1000.
  package let mostSales: Int
  /// How many guests of a diner in one meal period. 0...100.
  package let mostGuests: Int
  /// Whether a unit may say whose price visitors pay in its canteens (C8).
  package let allowsVisitorPricing: Bool

  package init(
    leastPrice: Fen, mostPrice: Fen, mostMinutes: Int, mostSales: Int, mostGuests: Int,
    allowsVisitorPricing: Bool
  ) {
    self.leastPrice = leastPrice
    self.mostPrice = mostPrice
    self.mostMinutes = mostMinutes
    self.mostSales = mostSales
    self.mostGuests = mostGuests
    self.allowsVisitorPricing = allowsVisitorPricing
  }

  /// What is wrong with it, one line for each field.
  package var faults: [String] {
    var faults: [String] = []
    if leastPrice < .zero || mostPrice < leastPrice || mostPrice > Fen(10_000_000) {
      faults.append("unitRules: leastPrice 0 or more, mostPrice leastPrice to ¥100,000.00")
    }
    if !(0...720).contains(mostMinutes) { faults.append("unitRules.mostMinutes: 0 to 720") }
    if !(1...1000).contains(mostSales) { faults.append("unitRules.mostSales: 1 to 1000") }
    if !(0...100).contains(mostGuests) { faults.append("unitRules.mostGuests: 0 to 100") }
    return faults
  }
}
