import CanteenModel
import Foundation
import SettlementCore

/// A rulebook as an administrator writes it: JSON, times as `11:00`, amounts as yuan in quotes.
///
/// ```json
/// {"version": 1, "legalBasis": "株机管发〔2026〕3号", "utcOffsetMinutes": 480,
///  "mealPeriods": [{"number": 2, "name": "午餐", "start": "11:00", "end": "13:30",
///                   "price": "15.00"}],
///  "spendOrder": ["subsidy", "personal"], "singleLimit": "100.00", "salesPerMeal": 2,
///  "repeatGuardSeconds": 60}
/// ```
///
/// What may be left out: `effectiveFrom` (`"2027-01-01"`; at once), `prices` (a list of `period`,
/// `category`, `visitor` and `price`; the first that fits counts), `visitorPricing` (`host`, `home`, or
/// `band` with `visitorCeiling`), `guestsPerMeal`, `dailyLimit`, `market` (`categories`, `dailyCap`,
/// `monthlyCap`, `sellsUnregistered`), `officialMeal` (`prices`, a list of `period` and `perHead`, and
/// `mostHeads`), `offline` (`home`, `alone`, `approvals`, `serialTrust`,
/// `lease`, `groups`: `none`, `any` or `whole`) and `brakes` (`total`, `records`, `hours`).
enum RulebookFile {
  /// Reads and validates a rulebook.
  ///
  /// - Throws: ``StoreError/refused(_:)``, which names the field and the cure.
  static func read(_ bytes: [UInt8]) throws(StoreError) -> Rulebook {
    let written: Written
    do {
      written = try JSONDecoder().decode(Written.self, from: Data(bytes))
    } catch let error as DecodingError {
      throw .refused([fault(error)])
    } catch {
      throw .refused(["the file cannot be read: \(error)"])
    }
    let rulebook = try written.rulebook()
    do {
      try rulebook.validate()
    } catch {
      throw .refused([error.sentence])
    }
    return rulebook
  }

  /// What a meal costs some diners.
  struct Price: Decodable {
    let period: UInt8
    let category: UInt16?
    let visitor: Bool?
    let price: String
  }

  fileprivate struct Written: Decodable {
    let version: Int64
    let legalBasis: String
    let utcOffsetMinutes: Int
    let mealPeriods: [Period]
    let spendOrder: [Purse]
    let singleLimit: String
    let salesPerMeal: Int
    let repeatGuardSeconds: Int
    let effectiveFrom: String?
    let prices: [Price]?
    let visitorPricing: String?
    let visitorCeiling: String?
    let guestsPerMeal: Int?
    let dailyLimit: String?
    let market: Market?
    let officialMeal: OfficialMeal?
    let offline: Offline?
    let brakes: Brakes?

    struct Market: Decodable {
      let categories: [UInt16]
      let dailyCap: String
      let monthlyCap: String
      let sellsUnregistered: Bool?
    }

    struct OfficialMeal: Decodable {
      let prices: [Price]
      let mostHeads: Int

      struct Price: Decodable {
        let period: UInt8
        let perHead: String
      }
    }

    struct Offline: Decodable {
      let home: String
      let alone: String
      let approvals: Int
      let serialTrust: String?
      let lease: String?
      let groups: String?
    }

    struct Brakes: Decodable {
      let total: String
      let records: Int
      let hours: Int
    }

    struct Period: Decodable {
      let number: UInt8
      let name: String
      let start: String
      let end: String
      let price: String
    }

    func rulebook() throws(StoreError) -> Rulebook {
      var periods: [MealPeriod] = []
      for period in mealPeriods {
        let field = "mealPeriods, number \(period.number)"
        periods.append(
          MealPeriod(
            number: period.number, name: period.name,
            startMinute: try minute(period.start, "\(field), start"),
            endMinute: try minute(period.end, "\(field), end"),
            price: try amount(period.price, "\(field), price")))
      }
      return Rulebook(
        version: version, legalBasis: legalBasis, utcOffsetMinutes: utcOffsetMinutes,
        mealPeriods: periods, spendOrder: spendOrder,
        singleLimit: try amount(singleLimit, "singleLimit"), salesPerMeal: salesPerMeal,
        repeatGuardSeconds: repeatGuardSeconds, effectiveFromDay: try readDay(),
        priceRules: try RulebookFile.priceRules(prices ?? []),
        visitorPricing: try RulebookFile.visitorPricing(visitorPricing ?? "host", visitorCeiling),
        guestsPerMeal: guestsPerMeal ?? 0, dailyLimit: try readDailyLimit(),
        market: try readMarket(), officialMeal: try readOfficialMeal(), offline: try readOffline(),
        brakes: try readBrakes())
    }
  }

  static func minute(_ text: String, _ field: String) throws(StoreError) -> Int {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }), let hour = Int(parts[0]),
      let minute = Int(parts[1]), (0...23).contains(hour), (0...59).contains(minute)
    else { throw .refused(["\(field): \"\(text)\" is not a time of day such as 11:00"]) }
    return hour * 60 + minute
  }

  static func amount(_ text: String, _ field: String) throws(StoreError) -> Fen {
    do {
      return try Fen(yuan: text)
    } catch {
      throw .refused(["\(field): \"\(text)\" is not an amount such as 15.00"])
    }
  }

  static func priceRules(_ prices: [Price]) throws(StoreError) -> [PriceRule] {
    var rules: [PriceRule] = []
    for price in prices {
      rules.append(
        PriceRule(
          period: price.period, category: price.category.map { DinerCategory($0) },
          isVisitor: price.visitor,
          price: try amount(price.price, "prices, period \(price.period)")))
    }
    return rules
  }

  static func visitorPricing(
    _ word: String, _ ceiling: String?
  ) throws(StoreError) -> VisitorPricing {
    switch word {
    case "host": return .hostStandard
    case "home": return .homeStandard
    case "band":
      guard let ceiling else {
        throw .refused(["visitorCeiling: a band needs one, such as 40.00"])
      }
      return .band(ceiling: try amount(ceiling, "visitorCeiling"))
    default: throw .refused(["visitorPricing: \"\(word)\" is not host, home or band"])
    }
  }

  /// What is wrong, by its place in the file.
  static func fault(_ error: DecodingError) -> String {
    func path(_ context: DecodingError.Context) -> String {
      let keys = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
      return keys.isEmpty ? "the file" : keys.joined(separator: ".")
    }
    return switch error {
    case .keyNotFound(let key, let context): "\(path(context)): \(key.stringValue) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      "\(path(context)): \(context.debugDescription)"
    @unknown default: "\(error)"
    }
  }
}

extension RulebookFile.Written {
  private func readDay() throws(StoreError) -> Int32 {
    guard let text = effectiveFrom else { return 0 }
    guard let day = CivilDate(text)?.day else {
      throw .refused(["effectiveFrom: \"\(text)\" is not a day such as 2027-01-01"])
    }
    return day
  }

  private func readDailyLimit() throws(StoreError) -> Fen? {
    guard let text = dailyLimit else { return nil }
    return try RulebookFile.amount(text, "dailyLimit")
  }

  private func readMarket() throws(StoreError) -> MarketRules? {
    guard let rules = market else { return nil }
    return MarketRules(
      categories: rules.categories.map { ItemCategory($0) },
      dailyCap: try RulebookFile.amount(rules.dailyCap, "market.dailyCap"),
      monthlyCap: try RulebookFile.amount(rules.monthlyCap, "market.monthlyCap"),
      sellsUnregistered: rules.sellsUnregistered ?? false)
  }

  private func readOfficialMeal() throws(StoreError) -> OfficialMealRules? {
    guard let rules = officialMeal else { return nil }
    var prices: [OfficialMealRules.Price] = []
    for price in rules.prices {
      prices.append(
        OfficialMealRules.Price(
          period: price.period,
          perHead: try RulebookFile.amount(
            price.perHead, "officialMeal, period \(price.period)")))
    }
    return OfficialMealRules(prices: prices, mostHeads: rules.mostHeads)
  }

  private func readOffline() throws(StoreError) -> OfflineCaps {
    guard let caps = offline else { return .standard }
    let trusts: [String: TrustClass] = ["anonymous": .anonymous, "weak": .weak, "medium": .medium]
    guard let trust = trusts[caps.serialTrust ?? "weak"] else {
      throw .refused(["offline.serialTrust: anonymous, weak or medium"])
    }
    let groupings: [String: PeerGrouping] = ["none": .none, "any": .any, "whole": .whole]
    guard let groups = groupings[caps.groups ?? "none"] else {
      throw .refused(["offline.groups: none, any or whole"])
    }
    let lease = try caps.lease.map { text throws(StoreError) in
      try RulebookFile.amount(text, "offline.lease")
    }
    return OfflineCaps(
      home: try RulebookFile.amount(caps.home, "offline.home"),
      alone: try RulebookFile.amount(caps.alone, "offline.alone"), approvals: caps.approvals,
      serialTrust: trust, lease: lease ?? .zero, groups: groups)
  }

  private func readBrakes() throws(StoreError) -> CanteenModel.Brakes {
    guard let brakes else { return .standard }
    return CanteenModel.Brakes(
      total: try RulebookFile.amount(brakes.total, "brakes.total"), records: brakes.records,
      hours: brakes.hours)
  }
}
