import CanteenModel
import Foundation
import VirtualReaders

/// The rulebook and the accounts that the laboratory plays with, as the files that an administrator
/// would import.
enum Menu {
  static let lunchPrice = Fen(1500)
  private static let utcOffsetMinutes = 480

  /// A rulebook whose lunch is being served now, whatever the time of day.
  ///
  /// - Parameters:
  ///   - price: Of the lunch.
  ///   - approvals: How many sales a terminal, or a group, approves for somebody in a meal without the centre.
  ///   - groups: Whether terminals reserve before they approve: `none`, `any` or `whole`.
  static func rulebook(
    salesPerMeal: Int, repeatGuardSeconds: Int, price: Fen = lunchPrice, approvals: Int = 2,
    groups: String = "none"
  ) -> String {
    let localMinute = (Int(Date.now.timeIntervalSince1970) / 60 + utcOffsetMinutes) % 1440
    let start = (localMinute / 60 * 60 + 1440 - 60) % 1440
    let end = (start + 5 * 60) % 1440
    return """
      {
        "version": 1,
        "legalBasis": "演示〔2026〕1号",
        "utcOffsetMinutes": \(utcOffsetMinutes),
        "mealPeriods": [
          {"number": 2, "name": "午餐", "start": "\(clock(start))", "end": "\(clock(end))",
           "price": "\(price.plainYuan)"}
        ],
        "spendOrder": ["subsidy", "personal"],
        "singleLimit": "100.00",
        "salesPerMeal": \(salesPerMeal),
        "repeatGuardSeconds": \(repeatGuardSeconds),
        "offline": {"home": "40.00", "alone": "25.00", "approvals": \(approvals), "serialTrust": "medium",
                    "groups": "\(groups)"}
      }
      """
  }

  private static func clock(_ minute: Int) -> String {
    String(format: "%02d:%02d", minute / 60, minute % 60)
  }

  /// Diners as rows of the import file, with a header.
  static func accounts(_ diners: [Diner]) -> String {
    let rows = diners.map { diner in
      [
        "\(diner.account)", diner.name, "市机关事务管理局", diner.status, diner.subsidy.plainYuan,
        diner.personal.plainYuan, Hexadecimal.text(diner.card), "\(CentreSite.canteenNumber)",
        diner.code, "\(CentreSite.terminalNumber)/1/\(diner.face)",
      ].joined(separator: ",")
    }
    return (["account,name,unit,status,subsidy,personal,cards,home,codes,faces"] + rows).joined(
      separator: "\n")
      + "\n"
  }
}

/// Somebody with a card.
struct Diner: Sendable {
  let account: Int64
  let name: String
  var status = "active"
  let subsidy: Fen
  let personal: Fen
  /// The serial number of the card in transmit order.
  let card: [UInt8]

  var virtualCard: VirtualCard { VirtualCard(kind: .desfire, serial: card) }
  /// What their printed code says.
  var code: String { "canteen-demo-\(account)" }
  /// By which number the face module of the demo knows them.
  var face: UInt16 { UInt16(truncatingIfNeeded: account) }

  /// The serial number of the n-th card that the laboratory hands out: 7 bytes, as of a DESFire.
  static func card(_ number: Int64) -> [UInt8] {
    [0x04] + (0..<6).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * Int64($0))) }
  }
}
