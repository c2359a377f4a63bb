package import CanteenModel
import SQLStore
package import SettlementCore

/// What became of a unit's subsidy of a closed year, over all of its runs: what the unit is told (S13, C1).
package struct YearEndCertificate: Hashable, Sendable, Codable {
  package let year: Int
  package let unit: UnitID
  package let name: String
  package let runs: [Run]
  package let tranches: [Tranche]
  /// What all runs took together, in fen.
  package let fen: Int64

  package struct Run: Hashable, Sendable, Codable {
    package let number: Int
    package let destination: ProgrammePolicy.ResidualDestination
    /// The version of the policy that says so.
    package let policy: Int64
    /// Unix time in milliseconds.
    package let bookedMilliseconds: Int64
    package let proposer: String
    package let approver: String
    /// What it took, in fen; less than zero: it gave back to pay for late sales (C14).
    package let fen: Int64
  }

  package struct Tranche: Hashable, Sendable, Codable {
    package let tranche: TrancheID
    package let quarter: Quarter
    package let appropriation: String
    /// What the unit paid, and what its people were given of it, in fen.
    package let receivedFen: Int64
    package let givenFen: Int64
    /// What was taken from people, and from what nobody was given, in fen.
    package let takenFen: Int64
    package let ungivenFen: Int64
  }
}

extension Books {
  /// - Throws: ``StoreError/refused(_:)`` for a unit that is not known, and while the year is not closed.
  package func yearEndCertificate(
    of unit: UnitID, year: Int
  ) async throws(StoreError) -> YearEndCertificate {
    try await read { db in
      try db.snapshot {
        let name: String? = try db.value("SELECT name FROM unit WHERE number = ?", [unit.number])
        guard let name else { throw StoreError.refused(["unit \(unit) is not known"]) }
        let runs = try self.runs(over: year, unit, db)
        guard !runs.isEmpty else { throw StoreError.refused(["\(year) is not closed"]) }
        return YearEndCertificate(
          year: year, unit: unit, name: name, runs: runs,
          tranches: try self.certified(unit, year, db), fen: runs.reduce(0) { $0 + $1.fen })
      }
    }
  }

  private func runs(
    over year: Int, _ unit: UnitID, _ db: any Database
  ) throws -> [YearEndCertificate.Run] {
    let rows = try db.rows(
      """
      SELECT number, destination, policy, booked_ms, proposed_by, approved_by,
        COALESCE((SELECT SUM(fen) FROM year_end_line
          JOIN tranche_origin ON tranche_origin.number = year_end_line.tranche
          WHERE year_end_line.year = year_end.year AND year_end_line.number = year_end.number
            AND tranche_origin.unit = ?), 0) AS fen
      FROM year_end WHERE year = ? ORDER BY number
      """, [unit.number, year])
    return try rows.map { row in
      guard
        let destination = ProgrammePolicy.ResidualDestination(
          rawValue: try row.text("destination"))
      else { throw StoreError.damaged("a year went where nothing goes") }
      return YearEndCertificate.Run(
        number: try row.integer("number"), destination: destination,
        policy: try row.integer("policy"), bookedMilliseconds: try row.integer("booked_ms"),
        proposer: try row.text("proposed_by"), approver: try row.text("approved_by"),
        fen: try row.integer("fen"))
    }
  }

  private func certified(
    _ unit: UnitID, _ year: Int, _ db: any Database
  ) throws -> [YearEndCertificate.Tranche] {
    try trancheOrigins(db).filter { $0.unit == unit && $0.quarter.year == year }.map { origin in
      let row = try db.row(
        """
        SELECT COALESCE((SELECT SUM(fen) FROM bank_line WHERE matched = ?), 0) AS received,
          COALESCE((SELECT SUM(fen) FROM roster WHERE tranche = ? AND allocated_ms IS NOT NULL), 0) AS given,
          COALESCE((SELECT SUM(fen) FROM year_end_line WHERE tranche = ? AND account > 0), 0) AS taken,
          COALESCE((SELECT SUM(fen) FROM year_end_line WHERE tranche = ? AND account = 0), 0) AS ungiven
        """,
        [
          LedgerAccount.funded(origin.id).key, origin.id.number, origin.id.number,
          origin.id.number,
        ])
      guard let row else { throw StoreError.damaged("an aggregate has a row") }
      return YearEndCertificate.Tranche(
        tranche: origin.id, quarter: origin.quarter, appropriation: origin.appropriation,
        receivedFen: try row.integer("received"), givenFen: try row.integer("given"),
        takenFen: try row.integer("taken"), ungivenFen: try row.integer("ungiven"))
    }
  }
}
