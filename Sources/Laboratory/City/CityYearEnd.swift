import CanteenModel
import Foundation
import SQLStore
import SettlementCore
import SettlementStore

/// The end of a city's year (S13, S14, C1, C14).
struct CityYearEnd {
  let office: CityOffice
  let files: CityFiles

  /// Looks at what every variant would do, closes the year as the policy says, and writes each unit's certificate.
  ///
  /// - Returns: What was taken from people and units; below zero: given back for late sales.
  func run(on day: Int32) async throws -> YearEndReport {
    office.clock.wait(until: day)
    let own = try ownMoney()
    let report = try await office.withBooks { books in
      let preview = try await books.previewYearEnd(CityPlan.year)
      let report = try await books.closeYear(
        CityPlan.year, on: day, by: CityPlan.people("zhao", "qian"))
      let sum = report.units.reduce(0) { $0 + $1.fen }
      guard preview.units == report.units, preview.variants.count == 3,
        preview.variants.allSatisfy({ $0.accounts.values.reduce(0, +) == sum })
      else { throw LaboratoryError.broken("the year's end did something else than its trial said") }
      return report
    }
    guard try ownMoney() == own else {
      throw LaboratoryError.broken("the year's end touched people's own money (S14)")
    }
    try files.keep(report)
    return report
  }

  private func ownMoney() throws -> Int64 {
    try office.ask { db in
      try db.value("SELECT SUM(fen) FROM tranche WHERE purse = 2") ?? 0
    }
  }

  /// What the certificates say of each tranche is what the ledger's entries of people say, and nobody keeps subsidy of the
  /// year.
  ///
  /// - Parameter reports: Of every run over the year.
  /// - Throws: ``LaboratoryError/broken(_:)`` that names the tranche.
  static func compare(_ reports: [YearEndReport], _ db: any Database) throws {
    let booked = try booked(db)
    let tranches = reports.flatMap(\.units).flatMap(\.tranches)
    for tranche in Set(tranches.map(\.tranche)).sorted() {
      let mine = tranches.filter { $0.tranche == tranche }
      let found = [
        "received": mine[0].receivedFen, "given": mine[0].givenFen,
        "ungiven": mine.reduce(0) { $0 + $1.ungivenFen },
        "taken": mine.reduce(0) { $0 + $1.takenFen },
      ]
      let expected = booked[tranche] ?? [:]
      for (figure, fen) in found.sorted(by: { $0.key < $1.key })
      where fen != expected[figure] ?? 0 {
        throw LaboratoryError.broken(
          "certificate of tranche \(tranche): \(figure) is \(fen) fen, the ledger has \(expected[figure] ?? 0)"
        )
      }
    }
    let kept: [Int64] = try db.values(
      """
      SELECT tranche FROM tranche JOIN tranche_origin ON number = tranche
      WHERE purse = 1 AND fen > 0 LIMIT 3
      """)
    guard kept.isEmpty else {
      throw LaboratoryError.broken(
        "behind the year's end somebody keeps subsidy of tranches \(kept)")
    }
  }

  /// The figures of a certificate by what people booked.
  private static func booked(_ db: any Database) throws -> [TrancheID: [String: Int64]] {
    var booked: [TrancheID: [String: Int64]] = [:]
    for row in try db.rows(
      """
      SELECT ledger_account, kind, SUM(fen) AS fen FROM office_entry JOIN leg USING (entry)
      WHERE ledger_account LIKE 'funded:%' OR kind = 'yearEnd' AND ledger_account LIKE 'purse:%'
      GROUP BY ledger_account, kind
      """)
    {
      let fen = try row.whole("fen")
      switch (LedgerAccount(key: try row.word("ledger_account")), try row.word("kind")) {
      case (.funded(let tranche), "bank"), (.funded(let tranche), "match"):
        booked[tranche, default: [:]]["received", default: 0] += fen
      case (.funded(let tranche), "allocation"):
        booked[tranche, default: [:]]["given", default: 0] -= fen
      case (.funded(let tranche), "yearEnd"):
        booked[tranche, default: [:]]["ungiven", default: 0] -= fen
      case (.purse(_, .subsidy, let tranche), _):
        booked[tranche, default: [:]]["taken", default: 0] -= fen
      default: throw LaboratoryError.broken("an entry of people that no certificate knows: \(row)")
      }
    }
    return booked
  }
}
