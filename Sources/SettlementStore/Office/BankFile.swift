import CanteenModel
import SettlementCore

/// What the bank says of one account of the programme: columns `reference,day,amount,counterparty,note` in any order, or
/// `流水号,日期,金额,对方账号,附言`.
///
/// Amounts are yuan; more than zero came in, less went out. A reference is the bank's own number of the line.
enum BankFile {
  struct Line: Hashable {
    let row: Int
    let reference: String
    let day: Int32
    let amount: Fen
    let counterparty: String
    let note: String
  }

  private enum Column: String, CaseIterable {
    case reference, day, amount, counterparty, note
  }

  private static let headers: [String: Column] = [
    "流水号": .reference, "日期": .day, "金额": .amount, "对方账号": .counterparty, "附言": .note,
  ]

  private static let textLimit = 200

  /// - Throws: ``StoreError/refused(_:)`` with every fault, by row and column.
  static func read(_ bytes: [UInt8]) throws(StoreError) -> [Line] {
    try ColumnFile<Column>(bytes, aliases: headers).entries(line, check: repetitions)
  }

  private static func line(_ row: inout ColumnRow<Column>) -> Line? {
    let reference = row.text(.reference)
    if reference.isEmpty || reference.utf8.count > textLimit {
      row.fault(.reference, "is empty or longer than \(textLimit) bytes")
    }
    let day = row.day(.day)
    if day == nil, row.text(.day).isEmpty {
      row.fault(.day, "is empty: write a day such as 2026-12-31")
    }
    let (counterparty, note) = (row.text(.counterparty), row.text(.note))
    if counterparty.utf8.count > textLimit { row.fault(.counterparty, "is too long") }
    if note.utf8.count > textLimit { row.fault(.note, "is too long") }
    let text = row.text(.amount)
    let isOut = text.hasPrefix("-")
    // try?: both errors have the same cure.
    guard let amount = try? Fen(yuan: isOut ? String(text.dropFirst()) : text), amount > .zero,
      amount <= Posting.largestBookable
    else {
      row.fault(.amount, "is not an amount: write yuan such as 12.50, or -12.50 for what went out")
      return nil
    }
    guard let day else { return nil }
    return Line(
      row: row.number, reference: reference, day: day,
      amount: isOut ? Fen(-amount.value) : amount, counterparty: counterparty, note: note)
  }

  private static func repetitions(in lines: [Line]) -> [String] {
    var seen: [String: Int] = [:]
    return lines.compactMap { line in
      guard let first = seen.updateValue(line.row, forKey: line.reference) else { return nil }
      return
        "row \(line.row), column reference: \(line.reference) is in row \(first) already; keep one"
    }
  }
}
