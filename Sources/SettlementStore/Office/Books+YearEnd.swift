import CanteenModel
import Foundation
import SQLStore
package import SettlementCore

extension Books {
  /// What closing a year would do, in every variant (C1). It writes nothing.
  ///
  /// - Throws: ``StoreError/refused(_:)`` for a year that is none.
  package func previewYearEnd(_ year: Int) async throws(StoreError) -> YearEndReport {
    try await read { db in
      try db.snapshot {
        let run = try self.yearEndRun(year, db)
        return try self.report(on: run, destination: nil, db)
      }
    }
  }

  /// Takes what is left of a year's subsidy from everybody and from what units paid too much, and sends it where the policy
  /// says (S13, C1). Diners' own money stays (S14). The first run closes the year; a later one books what terminals handed
  /// in meanwhile (C14), to the destination of the first one.
  ///
  /// - Parameter day: Today's local day, in days since 1970-01-01.
  /// - Throws: ``StoreError/refused(_:)`` while the policy names no destination, and before the year and its days of grace
  ///   are over.
  package func closeYear(
    _ year: Int, on day: Int32, by people: TwoPeople
  ) async throws(StoreError) -> YearEndReport {
    try await write { db in
      let run = try self.yearEndRun(year, db)
      let (destination, policy) = try self.destination(of: run, on: day, db)
      let report = try self.report(on: run, destination: destination, db)
      try db.insert(
        into: "year_end",
        [
          "year", "number", "destination", "policy", "booked_ms", "proposed_by", "approved_by",
        ],
        [
          [
            year, run.number, destination.rawValue, policy, self.now, people.proposer,
            people.approver,
          ]
        ])
      try self.book(run, to: destination, by: people, db)
      return report
    }
  }

  /// Refuses what would put money into a closed year.
  ///
  /// - Throws: ``StoreError/refused(_:)``.
  func checkIsOpen(year: Int, _ db: any Database) throws {
    guard try db.hasRow("SELECT 1 FROM year_end WHERE year = ?", [year]) else { return }
    throw StoreError.refused(["\(year) is closed: its subsidy cannot be given any more"])
  }

  /// One run: what it takes, by tranche and account.
  private struct YearEndRun {
    struct Line {
      /// 0: what the unit paid and nobody was given.
      let account: AccountID
      let tranche: TrancheID
      let amount: Fen
    }

    let year: Int
    let lastDay: Int32
    let number: Int
    let origins: [TrancheOrigin]
    let lines: [Line]
  }

  private func yearEndRun(_ year: Int, _ db: any Database) throws -> YearEndRun {
    guard let last = Quarter(year: year, number: 4) else {
      throw StoreError.refused(["\(year) is no year"])
    }
    let before: Int64? = try db.value("SELECT MAX(number) FROM year_end WHERE year = ?", [year])
    let origins = try trancheOrigins(db).filter { $0.quarter.year == year }
    var lines: [YearEndRun.Line] = []
    for origin in origins {
      let taken = try taken(of: origin.id, db)
      for row in try db.rows(
        "SELECT account, fen FROM tranche WHERE tranche = ? AND purse = ? AND fen <> 0 ORDER BY account",
        [origin.id.number, Purse.subsidy.number])
      {
        let account = AccountID(try row.integer("account"))
        let amount = try YearEndRule.amount(
          left: Fen(try row.integer("fen")), taken: taken[account] ?? .zero)
        if amount != .zero {
          lines.append(YearEndRun.Line(account: account, tranche: origin.id, amount: amount))
        }
      }
      let ungiven = try officeBalance(of: .funded(origin.id), db)
      if ungiven > .zero {
        lines.append(
          YearEndRun.Line(account: AccountID(0), tranche: origin.id, amount: ungiven))
      }
    }
    return YearEndRun(
      year: year, lastDay: last.lastDay, number: Int(before ?? 0) + 1, origins: origins,
      lines: lines)
  }

  /// What earlier runs took of a tranche, by account.
  private func taken(of tranche: TrancheID, _ db: any Database) throws -> [AccountID: Fen] {
    var taken: [AccountID: Fen] = [:]
    for row in try db.rows(
      "SELECT account, SUM(fen) AS fen FROM year_end_line WHERE tranche = ? GROUP BY account",
      [tranche.number])
    {
      taken[AccountID(try row.integer("account"))] = Fen(try row.integer("fen"))
    }
    return taken
  }

  private func destination(
    of run: YearEndRun, on day: Int32, _ db: any Database
  ) throws -> (ProgrammePolicy.ResidualDestination, policy: Int64) {
    let first = try db.row(
      "SELECT destination, policy FROM year_end WHERE year = ? AND number = 1", [run.year])
    if let first {
      guard
        let destination = ProgrammePolicy.ResidualDestination(
          rawValue: try first.text("destination"))
      else { throw StoreError.damaged("a year went where nothing goes") }
      return (destination, try first.integer("policy"))
    }
    let policy = try policy(on: run.lastDay, db)
    guard let destination = policy.yearEnd.residualTo else {
      throw StoreError.refused([
        "nobody has decided where the subsidy of \(run.year) goes (C1): set yearEnd.residualTo in the policy that is in "
          + "force on \(CivilDate(day: run.lastDay)) to unit, treasury or treasuryClaimable"
      ])
    }
    let end = run.lastDay + Int32(policy.yearEnd.graceDays)
    guard day > end else {
      throw StoreError.refused([
        "\(run.year) may be closed from \(CivilDate(day: end + 1)) on: until then terminals hand in what they sold"
      ])
    }
    return (destination, policy.version)
  }

  private func book(
    _ run: YearEndRun, to destination: ProgrammePolicy.ResidualDestination, by people: TwoPeople,
    _ db: any Database
  ) throws {
    try db.insert(
      into: "year_end_line", ["year", "number", "account", "tranche", "fen"],
      run.lines.map {
        [run.year, run.number, $0.account.number, $0.tranche.number, $0.amount.value]
      })
    let units = Dictionary(uniqueKeysWithValues: run.origins.map { ($0.id, $0.unit) })
    let entries = try run.lines.map { line -> OfficeEntry in
      guard let unit = units[line.tranche] else { throw StoreError.damaged("a tranche of no unit") }
      let from: LedgerAccount =
        line.account == AccountID(0)
        ? .funded(line.tranche) : .purse(line.account, .subsidy, line.tranche)
      return OfficeEntry(
        name: "yearEnd:\(run.year):\(run.number):\(line.account):\(line.tranche.number)",
        kind: .yearEnd, day: run.lastDay, proposer: people.proposer, approver: people.approver,
        note: "",
        legs: [
          Leg(from, try Fen.zero - line.amount),
          Leg(YearEndRule.account(for: destination, of: unit), line.amount),
        ])
    }
    try book(entries, db)
  }

  private func report(
    on run: YearEndRun, destination: ProgrammePolicy.ResidualDestination?, _ db: any Database
  ) throws -> YearEndReport {
    var units: [UnitID: [YearEndReport.Tranche]] = [:]
    for origin in run.origins {
      units[origin.unit, default: []].append(try tranche(origin, in: run, db))
    }
    let lines = try units.keys.sorted().map { unit in
      let tranches = units[unit] ?? []
      let sum = try tranches.reduce(Fen.zero) {
        try $0 + Fen($1.takenFen) + Fen($1.ungivenFen)
      }
      let name: String? = try db.value("SELECT name FROM unit WHERE number = ?", [unit.number])
      return YearEndReport.Unit(unit: unit, name: name ?? "", tranches: tranches, fen: sum.value)
    }
    let variants = ProgrammePolicy.ResidualDestination.allCases.map { destination in
      var accounts: [String: Int64] = [:]
      for line in lines {
        let key = YearEndRule.account(for: destination, of: line.unit).key
        accounts[key, default: 0] += line.fen
      }
      return YearEndReport.Variant(destination: destination, accounts: accounts)
    }
    return YearEndReport(
      year: run.year, run: run.number, destination: destination, units: lines, variants: variants)
  }

  private func tranche(
    _ origin: TrancheOrigin, in run: YearEndRun, _ db: any Database
  ) throws -> YearEndReport.Tranche {
    let lines = run.lines.filter { $0.tranche == origin.id }
    let taken = try lines.filter { $0.account != AccountID(0) }.reduce(Fen.zero) {
      try $0 + $1.amount
    }
    let ungiven = try lines.filter { $0.account == AccountID(0) }.reduce(Fen.zero) {
      try $0 + $1.amount
    }
    let row = try db.row(
      """
      SELECT COALESCE((SELECT SUM(fen) FROM bank_line WHERE matched = ?), 0) AS received,
        COALESCE((SELECT SUM(fen) FROM roster WHERE tranche = ? AND allocated_ms IS NOT NULL), 0) AS given,
        COALESCE((SELECT SUM(fen) FROM year_end_line WHERE tranche = ? AND account > 0), 0) AS before,
        COALESCE((SELECT SUM(fen) FROM tranche WHERE tranche = ? AND purse = ?), 0) AS remains,
        COALESCE((SELECT SUM(fen) FROM tranche WHERE tranche = ? AND purse = ? AND fen < 0), 0) AS debt
      """,
      [
        LedgerAccount.funded(origin.id).key, origin.id.number, origin.id.number, origin.id.number,
        Purse.subsidy.number, origin.id.number, Purse.subsidy.number,
      ])
    guard let row else { throw StoreError.damaged("an aggregate has a row") }
    let (given, before): (Int64, Int64) = (try row.integer("given"), try row.integer("before"))
    let remains: Int64 = try row.integer("remains")
    let returned = try lines.filter { $0.account != AccountID(0) && $0.amount < .zero }
      .reduce(Fen.zero) { try $0 + $1.amount }
    return YearEndReport.Tranche(
      tranche: origin.id, quarter: origin.quarter, appropriation: origin.appropriation,
      receivedFen: try row.integer("received"), givenFen: given,
      spentFen: given - before - remains, takenBeforeFen: before, takenFen: taken.value,
      ungivenFen: ungiven.value, debtFen: try row.integer("debt") - returned.value)
  }
}
