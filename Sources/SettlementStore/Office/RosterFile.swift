import CanteenModel
import SettlementCore

/// Who of a unit gets how much of a quarter's money (C4): columns `account,name,standard,amount` in any order, or
/// `账户,姓名,标准,金额`.
///
/// Amounts are yuan. The name must be that of the account, so that a wrong number gives nobody another one's money. The
/// standard says on which rule the amount rests, for people.
enum RosterFile {
  struct Line: Hashable {
    let row: Int
    let account: AccountID
    let name: String
    let standard: String
    let amount: Fen
  }

  private enum Column: String, CaseIterable {
    case account, name, standard, amount
  }

  private static let headers: [String: Column] = [
    "账户": .account, "姓名": .name, "标准": .standard, "金额": .amount,
  ]

  /// More than anybody eats in a quarter; a fault of the keyboard: ¥100,000.
  private static let most = Fen(10_000_000)
  private static let standardLimit = 200

  /// - Throws: ``StoreError/refused(_:)`` with every fault, by row and column.
  static func read(_ bytes: [UInt8]) throws(StoreError) -> [Line] {
    let lines = try ColumnFile<Column>(bytes, optional: [.standard], aliases: headers)
      .entries(line, check: repetitions)
    guard !lines.isEmpty else { throw .refused(["the roster names nobody"]) }
    return lines
  }

  private static func line(_ row: inout ColumnRow<Column>) -> Line? {
    let account: Int64 = row.number(.account, in: 1...(.max))
    let amount = row.amount(.amount, upTo: most)
    if amount == .zero { row.fault(.amount, "is nothing: leave the row out") }
    let standard = row.text(.standard)
    if standard.utf8.count > standardLimit {
      row.fault(.standard, "is longer than \(standardLimit) bytes")
    }
    return Line(
      row: row.number, account: AccountID(account), name: row.text(.name), standard: standard,
      amount: amount)
  }

  private static func repetitions(in lines: [Line]) -> [String] {
    var seen: [AccountID: Int] = [:]
    return lines.compactMap { line in
      guard let first = seen.updateValue(line.row, forKey: line.account) else { return nil }
      return "row \(line.row), column account: \(line.account) is in row \(first) already; keep one"
    }
  }
}
