import CanteenModel
import Foundation
import SQLStore
package import SettlementCore

extension Books {
  /// Takes a unit's evaluations of the catering in its canteens, approved by two of its people, all of the file or
  /// nothing (S17). What came before for the same canteens and the quarter is replaced, until a statement rests on it.
  ///
  /// - Parameter file: CSV with the columns canteen, paid, day, reason, amount. A row with `paid` (percent, as in
  ///   `98.50`) says how much of the consumption is paid; the others are findings of a day, each with its amount.
  /// - Returns: How many canteens were evaluated.
  /// - Throws: ``StoreError/refused(_:)``, one line for each fault.
  package func importEvaluation(
    _ file: [UInt8], of quarter: Quarter, by people: TwoPeople
  ) async throws(StoreError) -> Int {
    let evaluations = try EvaluationFile.read(file, quarter)
    return try await settling { db in
      for evaluation in evaluations { try self.replace(evaluation, quarter, people, db) }
      return evaluations.count
    }
  }

  private func replace(
    _ given: EvaluationFile.Evaluation, _ quarter: Quarter, _ people: TwoPeople, _ db: any Database
  ) throws {
    let key: SQLArguments = [given.canteen, quarter.description]
    guard try db.hasRow("SELECT 1 FROM canteen WHERE number = ?", [given.canteen]) else {
      throw StoreError.refused(["canteen \(given.canteen) is not in the registry"])
    }
    let isFixed = try db.hasRow(
      "SELECT 1 FROM statement WHERE canteen = ? AND quarter = ? AND signed IS NOT NULL", key)
    guard !isFixed else {
      throw StoreError.refused([
        "the statement of canteen \(given.canteen) for \(quarter) is approved: it rests on what was found before"
      ])
    }
    try db.execute("DELETE FROM evaluation_finding WHERE canteen = ? AND quarter = ?", key)
    try db.execute("DELETE FROM evaluation WHERE canteen = ? AND quarter = ?", key)
    try db.execute(
      """
      INSERT INTO evaluation (canteen, quarter, paid_basis_points, proposed_by, approved_by, approved_ms)
      VALUES (?, ?, ?, ?, ?, ?)
      """,
      [
        given.canteen, quarter.description, given.evaluation.paidBasisPoints, people.proposer,
        people.approver, now,
      ])
    try db.insert(
      into: "evaluation_finding", ["canteen", "quarter", "number", "day", "reason", "fen"],
      given.evaluation.findings.enumerated().map { number, finding in
        [
          given.canteen, quarter.description, number, finding.day, finding.reason,
          finding.amount.value,
        ]
      })
  }
}

/// A unit's evaluations as it hands them in.
enum EvaluationFile {
  struct Evaluation {
    let canteen: UInt32
    let evaluation: QualityEvaluation
  }

  private static let columns = ["canteen", "paid", "day", "reason", "amount"]

  /// - Throws: ``StoreError/refused(_:)``, one line for each fault.
  static func read(_ bytes: [UInt8], _ quarter: Quarter) throws(StoreError) -> [Evaluation] {
    let file = try CommaSeparatedFile(bytes)
    guard file.header == columns else {
      throw .refused(["the columns are \(columns.joined(separator: ","))"])
    }
    var (parts, findings, faults) = ([UInt32: Int64](), [UInt32: [QualityFinding]](), [String]())
    for row in file.rows {
      guard row.fields.count == columns.count, let canteen = UInt32(row.fields[0]) else {
        faults.append("row \(row.number): canteen is a number, and there are five columns")
        continue
      }
      if !row.fields[1].isEmpty {
        guard row.fields[2...].allSatisfy(\.isEmpty), parts[canteen] == nil,
          let part = basisPoints(row.fields[1])
        else {
          faults.append("row \(row.number): paid is 0.00 to 100.00, alone in its row, and once")
          continue
        }
        parts[canteen] = part
      } else if row.fields[2...].allSatisfy(\.isEmpty) {
        findings[canteen, default: []] += []
      } else if let finding = finding(row.fields, quarter) {
        findings[canteen, default: []].append(finding)
      } else {
        faults.append(
          "row \(row.number): day is a day of \(quarter) as in 2026-11-23, reason is not empty, amount is more than 0.00"
        )
      }
    }
    for canteen in Set(parts.keys).intersection(findings.keys).sorted() {
      faults.append("canteen \(canteen) has a part that is paid and findings: one of them")
    }
    guard faults.isEmpty else { throw .refused(faults) }
    return Set(parts.keys).union(findings.keys).sorted().map { canteen in
      Evaluation(
        canteen: canteen,
        evaluation: QualityEvaluation(
          paidBasisPoints: parts[canteen], findings: findings[canteen] ?? []))
    }
  }

  /// Hundredths of a percent are to a percent as fen are to a yuan.
  private static func basisPoints(_ percent: String) -> Int64? {
    // try?: whoever asks says what it must be.
    guard let part = try? Fen(yuan: percent), (0...10_000).contains(part.value) else { return nil }
    return part.value
  }

  private static func finding(_ fields: [String], _ quarter: Quarter) -> QualityFinding? {
    guard let day = CivilDate(fields[2])?.day, (quarter.firstDay...quarter.lastDay).contains(day),
      !fields[3].isEmpty,
      // try?: whoever asks says what it must be.
      let amount = try? Fen(yuan: fields[4]), amount > .zero
    else { return nil }
    return QualityFinding(day: day, reason: fields[3], amount: amount)
  }
}
