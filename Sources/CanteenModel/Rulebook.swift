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
  /// The first local day on which it is in force, in days since 1970-01-01; 0: at once.
  package let effectiveFromDay: Int32
  /// What meals cost whom, in order of precedence (C8). At most ``priceRuleLimit``.
  package let priceRules: [PriceRule]
  package let visitorPricing: VisitorPricing
  /// How many guests a diner may treat in one meal period (加一份). 0...100.
  package let guestsPerMeal: Int
  /// The most that an account may spend at one terminal on one local day (日限额); `nil`: no limit.
  package let dailyLimit: Fen?
  /// `nil`: no supermarket sales.
  package let market: MarketRules?
  /// `nil`: no official meals.
  package let officialMeal: OfficialMealRules?
  package let offline: OfflineCaps
  package let brakes: Brakes

  package static let priceRuleLimit = 256

  package init(
    version: Int64, legalBasis: String, utcOffsetMinutes: Int, mealPeriods: [MealPeriod],
    spendOrder: [Purse], singleLimit: Fen, salesPerMeal: Int, repeatGuardSeconds: Int,
    effectiveFromDay: Int32 = 0, priceRules: [PriceRule] = [],
    visitorPricing: VisitorPricing = .hostStandard, guestsPerMeal: Int = 0,
    dailyLimit: Fen? = nil, market: MarketRules? = nil,
    officialMeal: OfficialMealRules? = nil, offline: OfflineCaps = .standard,
    brakes: Brakes = .standard
  ) {
    self.version = version
    self.legalBasis = legalBasis
    self.utcOffsetMinutes = utcOffsetMinutes
    self.mealPeriods = mealPeriods
    self.spendOrder = spendOrder
    self.singleLimit = singleLimit
    self.salesPerMeal = salesPerMeal
    self.repeatGuardSeconds = repeatGuardSeconds
    self.effectiveFromDay = effectiveFromDay
    self.priceRules = priceRules
    self.visitorPricing = visitorPricing
    self.guestsPerMeal = guestsPerMeal
    self.dailyLimit = dailyLimit
    self.market = market
    self.officialMeal = officialMeal
    self.offline = offline
    self.brakes = brakes
  }
}
