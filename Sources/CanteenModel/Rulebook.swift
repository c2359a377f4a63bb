/// The numbers of the programme, as they are in force: data with a version and a legal basis, never
/// constants in code. The centre signs it, the feed carries it, the terminal obeys it.
package struct Rulebook: Hashable, Sendable, Codable {
  /// Rises with every change. 1 or more.
  package let version: Int64
  /// The document that the numbers rest on, for example `株机管发〔2026〕3号`. Never empty (C15).
  package let legalBasis: String
  /// Local time minus UTC in minutes. China keeps one time without summer time: 480.
  package let utcOffsetMinutes: Int
  /// In the order in which they are looked through; they do not overlap.
  package let mealPeriods: [MealPeriod]
  /// Which purse is spent first (C3). Each purse once.
  package let spendOrder: [Purse]
  /// The most that one sale may take (单笔限额). More than zero, at most ¥100,000.00.
  package let singleLimit: Fen
  /// How many sales a diner may have in one meal period (限次). 1...1000.
  package let salesPerMeal: Int
  /// How long a card that is tapped again sees its earlier result instead of a second charge. 0...600.
  package let repeatGuardSeconds: Int

  package init(
    version: Int64, legalBasis: String, utcOffsetMinutes: Int, mealPeriods: [MealPeriod],
    spendOrder: [Purse], singleLimit: Fen, salesPerMeal: Int, repeatGuardSeconds: Int
  ) {
    self.version = version
    self.legalBasis = legalBasis
    self.utcOffsetMinutes = utcOffsetMinutes
    self.mealPeriods = mealPeriods
    self.spendOrder = spendOrder
    self.singleLimit = singleLimit
    self.salesPerMeal = salesPerMeal
    self.repeatGuardSeconds = repeatGuardSeconds
  }
}
