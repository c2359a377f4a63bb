package import CanteenModel
import Foundation
import SQLStore
package import SettlementCore

extension Books {
  /// Takes a unit's evaluations of the catering in its canteens, approved by two of its people, all of the file or
  /// nothing (S17). What came before for the same canteens and the quarter is replaced, until a statement rests on it.
  ///
  /// - Parameters:
  ///   - file: CSV with the columns canteen, paid, day, reason, amount. A row with `paid` (percent, as in `98.50`) says
  ///     how much of the consumption is paid; the others are findings of a day, each with its amount.
  ///   - unit: Whose canteens alone may be in it; `nil`: any.
  /// - Returns: How many canteens were evaluated.
  /// - Throws: ``StoreError/refused(_:)``, one line for each fault.
  package func importEvaluation(
    _ file: [UInt8], of quarter: Quarter, by people: TwoPeople, in unit: UnitID? = nil
  ) async throws(StoreError) -> Int {
    let evaluations = try EvaluationFile.read(file, quarter)
    return try await settling { db in
      if let unit { try self.check(evaluations, lieIn: unit, db) }
      for evaluation in evaluations { try self.replace(evaluation, quarter, people, db) }
      return evaluations.count
    }
  }

  private func check(
    _ evaluations: [EvaluationFile.Evaluation], lieIn unit: UnitID, _ db: any Database
  ) throws {
    #if SEEDED_BUGS
      if plantedAccess == .evaluatesElsewhere { return }
    #endif
    let faults = try evaluations.compactMap { given in
      try db.hasRow(
        "SELECT 1 FROM canteen WHERE number = ? AND unit = ?", [given.canteen, unit.number])
        ? nil : "row \(given.row), column canteen: \(given.canteen) is no canteen of unit \(unit)"
    }
    guard faults.isEmpty else { throw StoreError.refused(FaultList.shortened(faults)) }
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
