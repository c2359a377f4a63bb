import CanteenModel
import Foundation

/// A request for an official meal as its unit writes it: JSON.
///
/// ```json
/// {"number": "GW2026-0117", "letter": "株发函〔2026〕8号", "guests": "攸县财政局", "heads": 6,
///  "account": 901, "canteen": 1, "day": "2026-11-24", "period": 2}
/// ```
struct OfficialMealFile {
  let number: String
  let letter: String
  let guests: String
  let heads: Int
  let account: Int64
  let canteen: UInt32
  /// In days since 1970-01-01.
  let day: Int32
  let period: UInt8

  private struct Written: Decodable {
    let number, letter, guests, day: String
    let heads: Int
    let account: Int64
    let canteen: UInt32
    let period: UInt8
  }

  private static let textLimit = 200

  /// - Throws: ``StoreError/refused(_:)``, one line for each fault.
  static func read(_ bytes: [UInt8]) throws(StoreError) -> OfficialMealFile {
    // try?: whatever is wrong with it, the cure is the same.
    guard let written = try? JSONDecoder().decode(Written.self, from: Data(bytes)) else {
      throw .refused([
        "a request is {\"number\", \"letter\", \"guests\", \"heads\", \"account\", \"canteen\", \"day\", \"period\"}"
      ])
    }
    var faults: [String] = []
    if VoucherNumber.credential(written.number) == nil {
      faults.append("number: 6 to 32 of A-Z, 0-9 and hyphens")
    }
    for (name, text) in [("letter", written.letter), ("guests", written.guests)]
    where text.isEmpty || text.utf8.count > textLimit {
      faults.append("\(name): is empty or longer than \(textLimit) bytes")
    }
    let day = CivilDate(written.day)?.day
    if day == nil { faults.append("day: is not a day such as 2026-12-31") }
    guard faults.isEmpty, let day else { throw .refused(faults) }
    return OfficialMealFile(
      number: written.number, letter: written.letter, guests: written.guests,
      heads: written.heads, account: written.account, canteen: written.canteen, day: day,
      period: written.period)
  }
}
