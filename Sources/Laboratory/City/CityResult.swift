package import CanteenModel
import SettlementCore
import SettlementStore
import SyncProtocol

/// What a city's year came to on one store.
package struct CityResult: Sendable {
  /// Of what happened at the tills.
  package internal(set) var swipes = 0
  package internal(set) var records = 0
  var tally = CityLife.Tally()
  /// Given to people.
  var fundedFen: Int64 = 0
  /// Eaten, by the statements.
  var statedFen: Int64 = 0
  var feeFen: Int64 = 0
  var withheldFen: Int64 = 0
  /// What units owe one another for their people, summed over those that are owed.
  var clearedFen: Int64 = 0
  /// How often the legs were added up, and found to be zero.
  package internal(set) var zeroSums = 0
  package internal(set) var statements = 0
  package internal(set) var digest = Digest32.zero
  var endings: [YearEndReport] = []

  mutating func take(_ tally: CityLife.Tally, records: Int) {
    (self.tally, self.records, swipes) = (tally, records, tally.swipes)
  }

  /// For people.
  func table(_ plan: CityPlan) -> [String] {
    let ended = endings.map { $0.units.reduce(0) { $0 + $1.fen } }
    let debts = endings.last?.units.reduce(0) { $0 + $1.tranches.reduce(0) { $0 + $1.debtFen } }
    return [
      ("units, canteens, terminals", "\(plan.units), \(plan.canteens), \(plan.terminals)"),
      ("people", "\(plan.people)"),
      ("swipes", "\(tally.swipes): \(tally.sales) sales, \(tally.declines) declined"),
      ("corrections", "\(tally.corrections), of which \(tally.mistaken) gave back too much"),
      ("offline debts, unknown cards", "\(tally.debts), \(tally.strangers)"),
      ("records", "\(records)"),
      ("given to people", yuan(fundedFen)),
      ("eaten", yuan(statedFen)),
      ("fees", yuan(feeFen)),
      ("withheld", yuan(withheldFen)),
      ("cleared between units", yuan(clearedFen)),
      ("taken at the year's end", yuan(ended.first ?? 0)),
      ("given back for late sales", yuan(-(ended.dropFirst().first ?? 0))),
      ("debts of people behind it", yuan(-(debts ?? 0))),
      ("zero-sum", "ok, \(zeroSums) times"),
      ("statements", "\(statements) of \(statements) equal to verify and to SQL"),
      ("digest", "\(digest)"),
    ].map { name, value in name.padding(30) + value }
  }

  private func yuan(_ fen: Int64) -> String { "\(Fen(fen))" }
}

extension String {
  fileprivate func padding(_ width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(1, width - count))
  }
}
