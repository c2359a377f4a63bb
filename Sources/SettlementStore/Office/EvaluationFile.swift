import CanteenModel
import SettlementCore

/// A unit's evaluations as it hands them in: columns `canteen,paid,day,reason,amount` in any order, or
/// `食堂,应付比例,日期,事由,金额`.
enum EvaluationFile {
  struct Evaluation {
    let canteen: UInt32
    /// The first row that names it, as a spreadsheet counts.
    let row: Int
    let evaluation: QualityEvaluation
  }

  /// What one row says of a canteen.
  private struct Line {
    let row: Int
    let canteen: UInt32
    let says: Content
  }

  private enum Content {
    /// So much of the consumption is paid, in hundredths of a percent.
    case part(Int64)
    case finding(QualityFinding)
    /// There was nothing to find.
    case nothing
  }

  private enum Column: String, CaseIterable {
    case canteen, paid, day, reason, amount
  }

  private static let headers: [String: Column] = [
    "食堂": .canteen, "应付比例": .paid, "日期": .day, "事由": .reason, "金额": .amount,
  ]

  private static let reasonLimit = 200

  /// - Throws: ``StoreError/refused(_:)`` with every fault, by row and column.
  static func read(_ bytes: [UInt8], _ quarter: Quarter) throws(StoreError) -> [Evaluation] {
    let lines = try ColumnFile<Column>(bytes, aliases: headers)
      .entries({ line(&$0, quarter) }, check: contradictions)
    return Set(lines.map(\.canteen)).sorted().map { canteen in
      let own = lines.filter { $0.canteen == canteen }
      var (part, findings) = (Int64?.none, [QualityFinding]())
      for line in own {
        switch line.says {
        case .part(let basisPoints): part = basisPoints
        case .finding(let finding): findings.append(finding)
        case .nothing: continue
        }
      }
      return Evaluation(
        canteen: canteen, row: own[0].row,
        evaluation: QualityEvaluation(paidBasisPoints: part, findings: findings))
    }
  }

  private static func line(_ row: inout ColumnRow<Column>, _ quarter: Quarter) -> Line? {
    let canteen: UInt32 = row.number(.canteen, in: 1...(.max))
    let says: Content?
    if !row.text(.paid).isEmpty {
      says = part(&row)
    } else if row.text(.day).isEmpty, row.text(.reason).isEmpty, row.text(.amount).isEmpty {
      says = .nothing
    } else {
      says = finding(&row, quarter)
    }
    return says.map { Line(row: row.number, canteen: canteen, says: $0) }
  }

  private static func part(_ row: inout ColumnRow<Column>) -> Content? {
    for column in [Column.day, .reason, .amount] where !row.text(column).isEmpty {
      row.fault(column, "stands beside a part that is paid: leave it empty")
    }
    // try?: hundredths of a percent are to a percent as fen are to a yuan, and every error has the same cure.
    guard let part = try? Fen(yuan: row.text(.paid)), (0...10_000).contains(part.value) else {
      row.fault(.paid, "is not a part in percent: 0.00 to 100.00")
      return nil
    }
    return .part(part.value)
  }

  private static func finding(_ row: inout ColumnRow<Column>, _ quarter: Quarter) -> Content? {
    let day = row.day(.day)
    if day == nil, row.text(.day).isEmpty { row.fault(.day, "is empty: name the day") }
    if let day, !(quarter.firstDay...quarter.lastDay).contains(day) {
      row.fault(.day, "is no day of \(quarter)")
    }
    let reason = row.text(.reason)
    if reason.isEmpty || reason.utf8.count > reasonLimit {
      row.fault(.reason, "is empty or longer than \(reasonLimit) bytes")
    }
    let amount = row.amount(.amount, upTo: Posting.largestBookable)
    if amount == .zero { row.fault(.amount, "is nothing: more than 0.00") }
    guard let day else { return nil }
    return .finding(QualityFinding(day: day, reason: reason, amount: amount))
  }

  private static func contradictions(in lines: [Line]) -> [String] {
    var (parts, others) = ([UInt32: Int](), [UInt32: Int]())
    return lines.compactMap { line in
      if case .part = line.says {
        let before = parts.updateValue(line.row, forKey: line.canteen) ?? others[line.canteen]
        return before.map { fault(line, before: $0) }
      }
      others[line.canteen] = line.row
      return parts[line.canteen].map { fault(line, before: $0) }
    }
  }

  private static func fault(_ line: Line, before row: Int) -> String {
    "row \(line.row), column canteen: \(line.canteen) was judged in row \(row) already: one part that is paid, or findings"
  }
}
