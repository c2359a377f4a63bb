import CanteenModel
import SwiftProtobuf

extension Canteen_V1_Rulebook {
  init(_ rulebook: CanteenModel.Rulebook) {
    self.init()
    version = rulebook.version
    legalBasis = rulebook.legalBasis
    utcOffsetMinutes = Int32(rulebook.utcOffsetMinutes)
    mealPeriods = rulebook.mealPeriods.map { period in
      .with {
        $0.number = UInt32(period.number)
        $0.name = period.name
        $0.startMinute = UInt32(period.startMinute)
        $0.endMinute = UInt32(period.endMinute)
        $0.priceFen = period.price.value
      }
    }
    spendOrder = rulebook.spendOrder.map { Canteen_V1_Purse($0) }
    singleLimitFen = rulebook.singleLimit.value
    salesPerMeal = UInt32(rulebook.salesPerMeal)
    repeatGuardSeconds = UInt32(rulebook.repeatGuardSeconds)
    effectiveFromDay = rulebook.effectiveFromDay
    priceRules = rulebook.priceRules.map { PriceRule($0) }
    switch rulebook.visitorPricing {
    case .hostStandard: visitorPricing = .hostStandard
    case .homeStandard: visitorPricing = .homeStandard
    case .band(let ceiling):
      visitorPricing = .band
      visitorCeilingFen = ceiling.value
    }
    guestsPerMeal = UInt32(rulebook.guestsPerMeal)
    if let limit = rulebook.dailyLimit { dailyLimitFen = limit.value }
    if let rules = rulebook.market { market = Market(rules) }
    if let rules = rulebook.officialMeal { officialMeal = OfficialMeal(rules) }
    offline = .with {
      $0.homeFen = rulebook.offline.home.value
      $0.aloneFen = rulebook.offline.alone.value
      $0.approvals = UInt32(rulebook.offline.approvals)
      $0.serialTrust =
        Canteen_V1_Trust(rawValue: Int(rulebook.offline.serialTrust.rawValue)) ?? .anonymous
      $0.leaseFen = rulebook.offline.lease.value
      $0.groups = Canteen_V1_Grouping(rawValue: Int(rulebook.offline.groups.rawValue)) ?? .none
    }
    brakes = .with {
      $0.totalFen = rulebook.brakes.total.value
      $0.records = UInt32(rulebook.brakes.records)
      $0.hours = UInt32(rulebook.brakes.hours)
    }
  }

  /// - Throws: ``WireError/malformed(_:)``; a rulebook that contradicts itself is refused whole.
  func model() throws(WireError) -> CanteenModel.Rulebook {
    var periods: [CanteenModel.MealPeriod] = []
    for period in mealPeriods { periods.append(try period.model()) }
    var order: [CanteenModel.Purse] = []
    for purse in spendOrder { order.append(try purse.model()) }
    var prices: [CanteenModel.PriceRule] = []
    for rule in priceRules { prices.append(try rule.model()) }
    guard hasOffline, hasBrakes else { throw .malformed("rulebook: offline or brakes is missing") }
    let rulebook = CanteenModel.Rulebook(
      version: version, legalBasis: legalBasis, utcOffsetMinutes: Int(utcOffsetMinutes),
      mealPeriods: periods, spendOrder: order, singleLimit: Fen(singleLimitFen),
      salesPerMeal: Int(salesPerMeal), repeatGuardSeconds: Int(repeatGuardSeconds),
      effectiveFromDay: effectiveFromDay, priceRules: prices,
      visitorPricing: try readVisitorPricing(), guestsPerMeal: Int(guestsPerMeal),
      dailyLimit: hasDailyLimitFen ? Fen(dailyLimitFen) : nil,
      market: hasMarket ? try market.model() : nil,
      officialMeal: hasOfficialMeal ? try officialMeal.model() : nil,
      offline: CanteenModel.OfflineCaps(
        home: Fen(offline.homeFen), alone: Fen(offline.aloneFen),
        approvals: Int(offline.approvals), serialTrust: try offline.serialTrust.model(),
        lease: Fen(offline.leaseFen), groups: try offline.groups.model()),
      brakes: CanteenModel.Brakes(
        total: Fen(brakes.totalFen), records: Int(brakes.records), hours: Int(brakes.hours)))
    do {
      try rulebook.validate()
    } catch {
      throw .malformed("rulebook: \(error)")
    }
    return rulebook
  }

  private func readVisitorPricing() throws(WireError) -> CanteenModel.VisitorPricing {
    switch visitorPricing {
    case .hostStandard: .hostStandard
    case .homeStandard: .homeStandard
    case .band: .band(ceiling: Fen(visitorCeilingFen))
    case .unspecified, .UNRECOGNIZED: throw .malformed("rulebook.visitor_pricing")
    }
  }
}

extension Canteen_V1_MealPeriod {
  fileprivate func model() throws(WireError) -> CanteenModel.MealPeriod {
    guard let number = UInt8(exactly: number) else {
      throw .malformed("rulebook.meal_periods.number")
    }
    return CanteenModel.MealPeriod(
      number: number, name: name, startMinute: Int(startMinute), endMinute: Int(endMinute),
      price: Fen(priceFen))
  }
}

extension Canteen_V1_Rulebook.PriceRule {
  fileprivate init(_ rule: CanteenModel.PriceRule) {
    self.init()
    period = UInt32(rule.period)
    if let category = rule.category { self.category = UInt32(category.number) }
    if let isVisitor = rule.isVisitor { visitor = isVisitor }
    priceFen = rule.price.value
  }

  fileprivate func model() throws(WireError) -> CanteenModel.PriceRule {
    guard let period = UInt8(exactly: period) else {
      throw .malformed("rulebook.price_rules.period")
    }
    guard let category = UInt16(exactly: category) else {
      throw .malformed("rulebook.price_rules.category")
    }
    return CanteenModel.PriceRule(
      period: period, category: hasCategory ? DinerCategory(category) : nil,
      isVisitor: hasVisitor ? visitor : nil, price: Fen(priceFen))
  }
}

extension Canteen_V1_Rulebook.Market {
  fileprivate init(_ rules: MarketRules) {
    self.init()
    categories = rules.categories.map { UInt32($0.number) }
    dailyCapFen = rules.dailyCap.value
    monthlyCapFen = rules.monthlyCap.value
    sellsUnregistered = rules.sellsUnregistered
  }

  fileprivate func model() throws(WireError) -> MarketRules {
    var categories: [ItemCategory] = []
    for number in self.categories {
      guard let number = UInt16(exactly: number) else {
        throw .malformed("rulebook.market.categories")
      }
      categories.append(ItemCategory(number))
    }
    return MarketRules(
      categories: categories, dailyCap: Fen(dailyCapFen), monthlyCap: Fen(monthlyCapFen),
      sellsUnregistered: sellsUnregistered)
  }
}

extension Canteen_V1_Rulebook.OfficialMeal {
  fileprivate init(_ rules: OfficialMealRules) {
    self.init()
    prices = rules.prices.map { price in
      .with {
        $0.period = UInt32(price.period)
        $0.perHeadFen = price.perHead.value
      }
    }
    mostHeads = UInt32(rules.mostHeads)
  }

  fileprivate func model() throws(WireError) -> OfficialMealRules {
    var read: [OfficialMealRules.Price] = []
    for price in prices {
      guard let period = UInt8(exactly: price.period) else {
        throw .malformed("rulebook.official_meal.period")
      }
      read.append(OfficialMealRules.Price(period: period, perHead: Fen(price.perHeadFen)))
    }
    return OfficialMealRules(prices: read, mostHeads: Int(mostHeads))
  }
}

extension Canteen_V1_Grouping {
  fileprivate func model() throws(WireError) -> PeerGrouping {
    guard let groups = UInt8(exactly: rawValue).flatMap(PeerGrouping.init(rawValue:)) else {
      throw .malformed("offline.groups")
    }
    return groups
  }
}

extension Canteen_V1_Trust {
  fileprivate func model() throws(WireError) -> TrustClass {
    guard let trust = UInt8(exactly: rawValue).flatMap(TrustClass.init(rawValue:)) else {
      throw .malformed("trust")
    }
    return trust
  }
}
