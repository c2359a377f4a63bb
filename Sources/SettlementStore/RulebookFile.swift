import CanteenModel
import Foundation

/// A rulebook as an administrator writes it: JSON, times as `11:00`, amounts as yuan in quotes.
///
/// ```json
/// {"version": 1, "legalBasis": "株机管发〔2026〕3号", "utcOffsetMinutes": 480,
///  "mealPeriods": [{"number": 2, "name": "午餐", "start": "11:00", "end": "13:30",
///                   "price": "15.00"}],
///  "spendOrder": ["subsidy", "personal"], "singleLimit": "100.00", "salesPerMeal": 2,
///  "repeatGuardSeconds": 60}
/// ```
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
      throw .refused([fault(error)])
    }
    return rulebook
  }

  private struct Written: Decodable {
    let version: Int64
    let legalBasis: String
    let utcOffsetMinutes: Int
    let mealPeriods: [Period]
    let spendOrder: [Purse]
    let singleLimit: String
    let salesPerMeal: Int
    let repeatGuardSeconds: Int

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
        repeatGuardSeconds: repeatGuardSeconds)
    }
  }

  private static func minute(_ text: String, _ field: String) throws(StoreError) -> Int {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }), let hour = Int(parts[0]),
      let minute = Int(parts[1]), (0...23).contains(hour), (0...59).contains(minute)
    else { throw .refused(["\(field): \"\(text)\" is not a time of day such as 11:00"]) }
    return hour * 60 + minute
  }

  private static func amount(_ text: String, _ field: String) throws(StoreError) -> Fen {
    do {
      return try Fen(yuan: text)
    } catch {
      throw .refused(["\(field): \"\(text)\" is not an amount such as 15.00"])
    }
  }

  private static func fault(_ error: RulebookError) -> String {
    switch error {
    case .outOfRange(let text): text
    case .periodsOverlap(let one, let other):
      "mealPeriods \(one) and \(other) share a minute or a number: set them apart"
    case .spendOrderIncomplete: "spendOrder names subsidy and personal, each once"
    case .noLegalBasis: "legalBasis names the document that the numbers rest on"
    }
  }

  private static func fault(_ error: DecodingError) -> String {
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
