package import CanteenModel
import SQLStore
package import SettlementCore

/// Who has paid for a quarter, and who is late (S6, C9).
package struct FundingBoard: Hashable, Sendable, Codable {
  package let quarter: Quarter
  /// The last local day on which a payment is in time, in days since 1970-01-01.
  package let deadline: Int32
  package let units: [Line]
  /// Money on its way between the programme's accounts, by hop, in fen; zero when every hop is whole.
  package let underwayFen: [String: Int64]
  /// Money of which nobody has said what it is for, by account, in fen.
  package let unmatchedFen: [String: Int64]

  package struct Line: Hashable, Sendable, Codable {
    package let unit: UnitID
    package let name: String
    /// What its approved rosters come to; 0: it has handed in none.
    package let dueFen: Int64
    package let receivedFen: Int64
    package let givenFen: Int64
    /// The day of its last payment; `nil`: it has not paid.
    package let lastPaymentDay: Int32?
    /// It owes, and the deadline is over.
    package let isLate: Bool
  }

  /// What one unit is told: what it is to pay, and by when. Of the programme's money on its way it says nothing.
  package func notice(to unit: UnitID) -> FundingBoard {
    FundingBoard(
      quarter: quarter, deadline: deadline, units: units.filter { $0.unit == unit },
      underwayFen: [:], unmatchedFen: [:])
  }
}

extension Books {
  /// - Parameter day: Today's local day, in days since 1970-01-01.
  /// - Throws: ``StoreError/refused(_:)`` where no policy is in force on the quarter's first day.
  package func fundingBoard(
    of quarter: Quarter, on day: Int32
  ) async throws(StoreError) -> FundingBoard {
    try await read { db in
      try db.snapshot {
        let policy = try self.policy(on: quarter.firstDay, db)
        let deadline = policy.fundingDeadline(of: quarter, try self.workingDays(db))
        let lines = try self.fundingLines(of: quarter, isOver: day > deadline, db)
        return FundingBoard(
          quarter: quarter, deadline: deadline, units: lines,
          underwayFen: try self.kept(BankHop.allCases.map { ($0.rawValue, .transit($0)) }, db),
          unmatchedFen: try self.kept(
            BankAccount.allCases.map { ($0.rawValue, .unmatched($0)) }, db))
      }
    }
  }

  private func kept(
    _ accounts: [(name: String, account: LedgerAccount)], _ db: any Database
  ) throws -> [String: Int64] {
    var kept: [String: Int64] = [:]
    for (name, account) in accounts { kept[name] = try officeBalance(of: account, db).value }
    return kept
  }

  private func fundingLines(
    of quarter: Quarter, isOver: Bool, _ db: any Database
  ) throws -> [FundingBoard.Line] {
    let rows = try db.rows(
      """
      SELECT unit.number AS unit, unit.name AS name,
        COALESCE((SELECT SUM(roster.fen) FROM roster JOIN tranche_origin ON tranche_origin.number = tranche
          WHERE tranche_origin.unit = unit.number AND quarter = ? AND approved_by IS NOT NULL), 0) AS due,
        COALESCE((SELECT SUM(roster.fen) FROM roster JOIN tranche_origin ON tranche_origin.number = tranche
          WHERE tranche_origin.unit = unit.number AND quarter = ? AND allocated_ms IS NOT NULL), 0) AS given,
        COALESCE((SELECT SUM(bank_line.fen) FROM bank_line JOIN tranche_origin
          ON matched = 'funded:' || tranche_origin.number
          WHERE tranche_origin.unit = unit.number AND quarter = ?), 0) AS received,
        (SELECT MAX(bank_line.day) FROM bank_line JOIN tranche_origin
          ON matched = 'funded:' || tranche_origin.number
          WHERE tranche_origin.unit = unit.number AND quarter = ?) AS last_day
      FROM unit ORDER BY unit.number
      """, Array(repeating: quarter.description, count: 4).arguments)
    return try rows.map { row in
      let (due, received): (Int64, Int64) = (try row.integer("due"), try row.integer("received"))
      return FundingBoard.Line(
        unit: UnitID(try row.integer("unit")), name: try row.text("name"), dueFen: due,
        receivedFen: received, givenFen: try row.integer("given"), lastPaymentDay: row["last_day"],
        isLate: isOver && received < due)
    }
  }
}

extension [String] {
  fileprivate var arguments: SQLArguments { SQLArguments(map(\.sqlValue)) }
}
