import CanteenModel
import Foundation
import SettlementCore

/// What a unit sets for a canteen, as its administrator writes it: JSON with the fields of a rulebook that are the unit's
/// to set (S35). Every field but the first two may be left out, and is then the city's.
///
/// ```json
/// {"legalBasis": "株档发〔2026〕7号", "effectiveFrom": "2026-12-01",
///  "mealPeriods": [{"number": 2, "start": "11:30", "end": "13:00", "price": "12.00"}, {"number": 4, "served": false}],
///  "prices": [{"period": 2, "visitor": true, "price": "18.00"}], "visitorPricing": "band", "visitorCeiling": "20.00",
///  "singleLimit": "60.00", "dailyLimit": "80.00", "salesPerMeal": 1, "guestsPerMeal": 1,
///  "offline": {"home": "30.00", "alone": "20.00", "approvals": 1}}
/// ```
struct UnitRulesFile {
  private let written: Written

  private struct Written: Decodable {
    let legalBasis: String
    let effectiveFrom: String
    let mealPeriods: [Meal]?
    let prices: [RulebookFile.Price]?
    let visitorPricing: String?
    let visitorCeiling: String?
    let singleLimit: String?
    let dailyLimit: String?
    let salesPerMeal: Int?
    let guestsPerMeal: Int?
    let offline: Offline?

    struct Meal: Decodable {
      let number: UInt8
      let served: Bool?
      let start: String?
      let end: String?
      let price: String?
    }

    struct Offline: Decodable {
      let home: String?
      let alone: String?
      let approvals: Int?
    }
  }

  private static let fields = [
    "legalBasis", "effectiveFrom", "mealPeriods", "prices", "visitorPricing", "visitorCeiling",
    "singleLimit", "dailyLimit", "salesPerMeal", "guestsPerMeal", "offline",
  ]
  private static let fieldsWithin = [
    "mealPeriods": ["number", "served", "start", "end", "price"],
    "prices": ["period", "category", "visitor", "price"],
    "offline": ["home", "alone", "approvals"],
  ]
  private static let basisLimit = 200

  /// - Throws: ``StoreError/refused(_:)`` for what is no such file, and for each field that is not a unit's to set.
  init(_ bytes: [UInt8]) throws(StoreError) {
    let faults = Self.strangers(in: bytes)
    guard faults.isEmpty else { throw .refused(faults) }
    do {
      written = try JSONDecoder().decode(Written.self, from: Data(bytes))
    } catch let error as DecodingError {
      throw .refused([RulebookFile.fault(error)])
    } catch {
      throw .refused(["the file cannot be read: \(error)"])
    }
  }

  /// What the file names that is not a unit's: nothing of it is passed over in silence.
  private static func strangers(in bytes: [UInt8]) -> [String] {
    // try?: what is no JSON is told by whoever decodes it.
    guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else {
      return []
    }
    var faults = object.keys.sorted().filter { !fields.contains($0) }.map {
      "\($0): is not the unit's to set"
    }
    for field in fields {
      guard let allowed = fieldsWithin[field], let value = object[field] else { continue }
      let rows = (value as? [Any]) ?? [value]
      for case let row as [String: Any] in rows {
        faults += row.keys.sorted().filter { !allowed.contains($0) }.map {
          "\(field), \($0): is not the unit's to set"
        }
      }
    }
    return faults
  }

  /// The rules with every amount and time read.
  ///
  /// - Throws: ``StoreError/refused(_:)``, which names the field and the cure.
  func rules(
    of canteen: CanteenID, revision: Int64
  ) throws(StoreError) -> UnitRules {
    guard let day = CivilDate(written.effectiveFrom)?.day else {
      throw .refused([
        "effectiveFrom: \"\(written.effectiveFrom)\" is not a day such as 2027-01-01"
      ])
    }
    guard (1...Self.basisLimit).contains(written.legalBasis.utf8.count) else {
      throw .refused([
        "legalBasis names the document that the numbers rest on, in \(Self.basisLimit) bytes"
      ])
    }
    return UnitRules(
      canteen: canteen, revision: revision, legalBasis: written.legalBasis, effectiveFromDay: day,
      meals: try meals(), prices: try RulebookFile.priceRules(written.prices ?? []),
      visitorPricing: try visitorPricing(),
      singleLimit: try amount(written.singleLimit, "singleLimit"),
      dailyLimit: try amount(written.dailyLimit, "dailyLimit"),
      salesPerMeal: written.salesPerMeal, guestsPerMeal: written.guestsPerMeal,
      offlineHome: try amount(written.offline?.home, "offline.home"),
      offlineAlone: try amount(written.offline?.alone, "offline.alone"),
      offlineApprovals: written.offline?.approvals)
  }

  private func meals() throws(StoreError) -> [UnitRules.Meal] {
    var meals: [UnitRules.Meal] = []
    for meal in written.mealPeriods ?? [] {
      let field = "mealPeriods, number \(meal.number)"
      meals.append(
        UnitRules.Meal(
          number: meal.number, isServed: meal.served ?? true,
          startMinute: try minute(meal.start, "\(field), start"),
          endMinute: try minute(meal.end, "\(field), end"),
          price: try amount(meal.price, "\(field), price")))
    }
    return meals
  }

  private func visitorPricing() throws(StoreError) -> VisitorPricing? {
    guard let word = written.visitorPricing else {
      guard written.visitorCeiling == nil else {
        throw .refused(["visitorCeiling: goes with visitorPricing \"band\""])
      }
      return nil
    }
    return try RulebookFile.visitorPricing(word, written.visitorCeiling)
  }

  private func amount(_ text: String?, _ field: String) throws(StoreError) -> Fen? {
    guard let text else { return nil }
    return try RulebookFile.amount(text, field)
  }

  private func minute(_ text: String?, _ field: String) throws(StoreError) -> Int? {
    guard let text else { return nil }
    return try RulebookFile.minute(text, field)
  }
}
