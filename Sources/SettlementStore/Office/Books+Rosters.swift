package import CanteenModel
import Foundation
import SQLStore
package import SettlementCore
import SyncProtocol

/// A roster, and how far it has come.
package struct RosterLine: Hashable, Sendable, Codable {
  package let number: Int64
  package let tranche: TrancheID
  package let unit: UnitID
  package let quarter: Quarter
  /// How many people it names, and what they get together.
  package let people: Int
  package let fen: Int64
  package let proposer: String
  /// `nil` while nobody has approved it.
  package let approver: String?
  /// When the money was given, Unix time in milliseconds; `nil`: not yet.
  package let allocatedMilliseconds: Int64?
}

extension Books {
  /// Takes the roster of a unit's quarter (C4): nobody gets anything until somebody else approves it. The same file
  /// twice is one roster; several rosters of one quarter add up.
  ///
  /// - Parameters:
  ///   - file: As ``RosterFile`` reads it.
  ///   - appropriation: Of the unit's money; may be empty.
  /// - Throws: ``StoreError/refused(_:)`` with every fault by row and column: an account that is not here, is closed, has
  ///   another name, does not belong to the unit on the quarter's first day, or has no savings card where its kind of
  ///   people needs one (S29).
  package func proposeRoster(
    of unit: UnitID, _ quarter: Quarter, appropriation: String, _ file: [UInt8],
    by person: String
  ) async throws(StoreError) -> RosterLine {
    let roster = try RosterToEnter(unit, quarter, appropriation: appropriation, file)
    return try await write { db in try self.enter(roster, by: person, db) }
  }

  /// Takes the roster of a unit's quarter that two people stand for: handed in and approved at once (C4).
  ///
  /// - Throws: ``StoreError/refused(_:)`` as ``proposeRoster(of:_:appropriation:_:by:)``, and for a file that is here.
  package func enterRoster(
    of unit: UnitID, _ quarter: Quarter, appropriation: String, _ file: [UInt8],
    by people: TwoPeople
  ) async throws(StoreError) -> RosterLine {
    let roster = try RosterToEnter(unit, quarter, appropriation: appropriation, file)
    return try await write { db in
      let stored: Int64? = try db.value(
        "SELECT number FROM roster WHERE digest = ?", [roster.digest.blob])
      if let stored { throw StoreError.refused(["this file is here already, as roster \(stored)"]) }
      let entered = try self.enter(roster, by: people.proposer, db)
      try self.approve(entered, by: people.approver, db)
      return try self.roster(entered.number, db)
    }
  }

  private func enter(
    _ entered: RosterToEnter, by person: String, _ db: any Database
  ) throws -> RosterLine {
    let (unit, quarter) = (entered.unit, entered.quarter)
    guard try db.hasRow("SELECT 1 FROM unit WHERE number = ?", [unit.number]) else {
      throw StoreError.refused(["unit \(unit) is not known: import it first"])
    }
    let stored: Int64? = try db.value(
      "SELECT number FROM roster WHERE digest = ?", [entered.digest.blob])
    if let stored { return try roster(stored, db) }
    try checkIsOpen(year: quarter.year, db)
    let faults = try entered.lines.compactMap { try fault(in: $0, unit, quarter, db) }
    guard faults.isEmpty else { throw StoreError.refused(FaultList.shortened(faults)) }
    let tranche = try tranche(of: unit, quarter, appropriation: entered.appropriation, db)
    let last: Int64? = try db.value("SELECT MAX(number) FROM roster")
    let number = (last ?? 0) + 1
    let sum = try entered.lines.reduce(Fen.zero) { try $0 + $1.amount }
    try db.insert(
      into: "roster",
      ["number", "tranche", "digest", "lines", "fen", "proposed_by", "proposed_ms"],
      [
        [
          number, tranche.id.number, entered.digest.blob, entered.lines.count, sum.value, person,
          now,
        ]
      ])
    try db.insert(
      into: "roster_line", ["roster", "account", "standard", "fen"],
      entered.lines.map { [number, $0.account.number, $0.standard, $0.amount.value] })
    return try roster(number, db)
  }

  /// Approves a roster. Whoever proposed it may not.
  ///
  /// - Throws: ``StoreError/refused(_:)``.
  package func approveRoster(
    _ number: Int64, by person: String
  ) async throws(StoreError) -> RosterLine {
    try await write { db in
      let roster = try self.roster(number, db)
      guard roster.approver == nil else {
        throw StoreError.refused(["roster \(number) is approved already"])
      }
      try self.approve(roster, by: person, db)
      return try self.roster(number, db)
    }
  }

  private func approve(_ roster: RosterLine, by person: String, _ db: any Database) throws {
    guard TwoPeople(proposer: roster.proposer, approver: person) != nil else {
      throw StoreError.refused([
        "\(roster.proposer) proposed roster \(roster.number): somebody else must approve it"
      ])
    }
    try db.execute(
      "UPDATE roster SET approved_by = ?, approved_ms = ? WHERE number = ?",
      [person, now, roster.number])
  }

  /// Gives the people of an approved roster their money (S32, S33): from what their unit paid, or in advance where the
  /// policy allows it (C9). What they overspent before is paid from it first.
  ///
  /// - Parameter day: The local day for which it counts, in days since 1970-01-01.
  /// - Throws: ``StoreError/refused(_:)`` for a roster that nobody approved, that was given already, or for which the
  ///   unit has not paid.
  package func allocate(
    _ number: Int64, on day: Int32, by person: String
  ) async throws(StoreError) -> RosterLine {
    try await write { db in
      let roster = try self.roster(number, db)
      guard let approver = roster.approver else {
        throw StoreError.refused([
          "roster \(number) is not approved: somebody else than \(roster.proposer) must"
        ])
      }
      guard roster.allocatedMilliseconds == nil else {
        throw StoreError.refused(["the money of roster \(number) was given already"])
      }
      let origin = try self.origin(of: roster.tranche, db)
      try self.checkIsOpen(year: origin.quarter.year, db)
      let paid = try self.officeBalance(of: .funded(origin.id), db)
      let isCovered = paid >= Fen(roster.fen)
      let isAllowed = try isCovered || self.policy(on: day, db).funding.allowsAdvance
      guard isAllowed else {
        throw StoreError.refused([
          "unit \(origin.unit) has paid \(paid) of \(origin.quarter) that is not given yet, the roster is "
            + "\(Fen(roster.fen)): wait for its payment, or allow advances in the policy"
        ])
      }
      try self.give(roster, approvedBy: approver, on: day, isAdvance: !isCovered, by: person, db)
      try db.execute(
        "UPDATE roster SET allocated_ms = ? WHERE number = ?", [self.now, number])
      return try self.roster(number, db)
    }
  }

  /// Every roster of a quarter, by number.
  package func rosters(of quarter: Quarter) async throws(StoreError) -> [RosterLine] {
    try await read { db in
      try db.rows(
        Self.rosterQuery + " WHERE quarter = ? ORDER BY roster.number", [quarter.description]
      ).map { try Self.roster($0) }
    }
  }

  private func give(
    _ roster: RosterLine, approvedBy approver: String, on day: Int32, isAdvance: Bool,
    by person: String, _ db: any Database
  ) throws {
    let lines = try db.rows(
      "SELECT account, fen FROM roster_line WHERE roster = ? ORDER BY account", [roster.number])
    let debts = try debts(of: roster, db)
    let entries = try lines.map { line -> OfficeEntry in
      let account = AccountID(try line.integer("account"))
      return OfficeEntry(
        name: "allocation:\(roster.number):\(account)", kind: .allocation, day: day,
        // Whoever approved the roster may give it out; somebody else stands beside them then.
        proposer: person, approver: person == approver ? roster.proposer : approver,
        note: isAdvance ? "advance" : "",
        legs: try AllocationRule.legs(
          to: account, Fen(try line.integer("fen")), of: roster.tranche,
          balances: debts[account] ?? []))
    }
    try book(entries, db)
    try db.execute(
      "UPDATE tranche SET last_day = ? WHERE purse = ? AND tranche = ? AND last_day IS NULL",
      [
        Int64(try origin(of: roster.tranche, db).lastDay), Purse.subsidy.number,
        roster.tranche.number,
      ])
  }

  /// The subsidy that people of a roster overspent, by account.
  private func debts(
    of roster: RosterLine, _ db: any Database
  ) throws -> [AccountID: [TrancheBalance]] {
    let rows = try db.rows(
      """
      SELECT tranche.account, tranche.tranche, tranche.fen FROM roster_line
      JOIN tranche ON tranche.account = roster_line.account
      WHERE roster = ? AND purse = ? AND tranche.fen < 0
      """, [roster.number, Purse.subsidy.number])
    var debts: [AccountID: [TrancheBalance]] = [:]
    for row in rows {
      debts[AccountID(try row.integer("account")), default: []].append(
        TrancheBalance(
          purse: .subsidy, tranche: TrancheID(try row.integer("tranche")),
          amount: Fen(try row.integer("fen")), lastSpendingDay: nil))
    }
    return debts
  }

  private func fault(
    in line: RosterFile.Line, _ unit: UnitID, _ quarter: Quarter, _ db: any Database
  ) throws -> String? {
    let place = "row \(line.row), column account: \(line.account)"
    let account = try db.row(
      "SELECT name, status FROM account WHERE number = ?", [line.account.number])
    guard let account else { return "\(place) is no account: import it first" }
    guard try account.text("name") == line.name else {
      return
        "row \(line.row), column name: account \(line.account) is \(try account.text("name")), the file says "
        + "\"\(line.name)\": correct the number or the name"
    }
    if try account.integer("status") == AccountStatus.closed.rawValue {
      return "\(place) is closed"
    }
    let member = try db.row(
      """
      SELECT unit, needs_bank, bank_account FROM membership JOIN holder_type ON number = holder_type
      WHERE account = ? AND from_day <= ? ORDER BY from_day DESC LIMIT 1
      """, [line.account.number, Int64(quarter.lastDay)])
    guard let member, try member.integer("unit") == unit.number else {
      return
        "\(place) does not belong to unit \(unit) in \(quarter): canteen-settlement registry import members"
    }
    if member["needs_bank"] == true, member["bank_account"] as String? == nil {
      return "\(place) needs a savings card as its main account (S29)"
    }
    return nil
  }

  private static let rosterQuery = """
    SELECT roster.number AS number, tranche, unit, quarter, lines, fen, proposed_by, approved_by, allocated_ms
    FROM roster JOIN tranche_origin ON tranche_origin.number = tranche
    """

  private func roster(_ number: Int64, _ db: any Database) throws -> RosterLine {
    let row = try db.row(Self.rosterQuery + " WHERE roster.number = ?", [number])
    guard let row else { throw StoreError.refused(["there is no roster \(number)"]) }
    return try Self.roster(row)
  }

  private static func roster(_ row: Row) throws -> RosterLine {
    guard let quarter = Quarter(try row.text("quarter")) else {
      throw StoreError.damaged("a roster of no quarter")
    }
    return RosterLine(
      number: try row.integer("number"), tranche: TrancheID(try row.integer("tranche")),
      unit: UnitID(try row.integer("unit")), quarter: quarter, people: try row.integer("lines"),
      fen: try row.integer("fen"), proposer: try row.text("proposed_by"),
      approver: row["approved_by"], allocatedMilliseconds: row["allocated_ms"])
  }
}

/// A roster that is handed in, read.
private struct RosterToEnter {
  let unit: UnitID
  let quarter: Quarter
  let appropriation: String
  let lines: [RosterFile.Line]
  /// What makes it one: of the file and of what it is for.
  let digest: Digest32

  init(
    _ unit: UnitID, _ quarter: Quarter, appropriation: String, _ file: [UInt8]
  ) throws(StoreError) {
    self.unit = unit
    self.quarter = quarter
    self.appropriation = appropriation
    lines = try RosterFile.read(file)
    digest = Digest32(
      sha256: Array("roster|\(unit)|\(quarter)|\(appropriation)|".utf8) + file)
  }
}
