package import CanteenModel
import Foundation
import SQLStore
package import SettlementCore
import SyncProtocol

/// A request for an official meal (公务餐) that two people of its unit stand for, and what became of it (S44, S46).
package struct OfficialMealRequest: Hashable, Sendable, Codable {
  /// Of the request, as it is keyed at the till: capital letters, digits and hyphens, 6 to 32 of them.
  package let number: String
  package let unit: UnitID
  /// The host unit's account, which pays.
  package let account: AccountID
  package let canteen: UInt32
  /// The number of the official letter on which it rests.
  package let letter: String
  /// Who comes.
  package let guests: String
  package let heads: Int
  /// The local day, in days since 1970-01-01, and the meal period's number.
  package let day: Int32
  package let period: UInt8
  /// What so many heads cost by the rulebook of the day of the request, in fen.
  package let fen: Int64
  package let proposer: String
  package let approver: String
  /// Who of the canteen accepted it; `nil`: nobody yet, and no till takes the number.
  package let acceptedBy: String?
}

/// What an official meal cost: for the reimbursement (S44).
package struct OfficialMealSlip: Hashable, Sendable, Codable {
  package let request: OfficialMealRequest
  package let sales: [Sale]
  /// What was charged less what was given back, in fen.
  package let fen: Int64

  package struct Sale: Hashable, Sendable, Codable {
    package let terminal: UInt32
    /// The record's id: 64 hexadecimal digits.
    package let id: String
    package let heads: Int
    package let fen: Int64
    /// What was given back of it since.
    package let returnedFen: Int64
  }
}

extension Books {
  /// Takes a request that two people of the unit stand for. No till takes its number before the canteen accepts it.
  ///
  /// - Throws: ``StoreError/refused(_:)``, one line for each fault.
  package func requestOfficialMeal(
    _ file: [UInt8], of unit: UnitID, by people: TwoPeople
  ) async throws(StoreError) -> OfficialMealRequest {
    let asked = try OfficialMealFile.read(file)
    return try await write { db in
      let faults = try self.faults(in: asked, unit, db)
      guard faults.isEmpty else { throw StoreError.refused(faults) }
      guard let price = try self.rulebookInForce(db)?.officialMeal?.price(in: asked.period) else {
        throw StoreError.damaged("a price that was just there is gone")
      }
      try db.insert(
        into: "official_meal",
        [
          "number", "unit", "account", "canteen", "letter", "guests", "heads", "day", "period",
          "fen", "proposed_by", "approved_by", "approved_ms",
        ],
        [
          [
            asked.number, unit.number, asked.account, asked.canteen, asked.letter, asked.guests,
            asked.heads, Int64(asked.day), Int64(asked.period),
            try price.times(Int64(asked.heads)).value, people.proposer, people.approver, self.now,
          ]
        ])
      return try self.officialMeal(asked.number, db)
    }
  }

  /// The canteen accepts a request: from now on its number opens the host unit's account at the tills.
  ///
  /// - Throws: ``StoreError/refused(_:)`` for a request of another canteen, one that was accepted, and one of a day that
  ///   is over.
  package func acceptOfficialMeal(
    _ number: String, in canteen: UInt32, by person: String
  ) async throws(StoreError) -> OfficialMealRequest {
    let accepted = try await write { db in
      let request = try self.officialMeal(number, db)
      var isElsewhere = request.canteen != canteen
      #if SEEDED_BUGS
        if self.plantedAccess == .mealAcceptedElsewhere { isElsewhere = false }
      #endif
      guard !isElsewhere else {
        throw StoreError.refused(["request \(number) is for canteen \(request.canteen)"])
      }
      guard request.acceptedBy == nil else {
        throw StoreError.refused(["request \(number) is accepted already"])
      }
      guard try self.localDay(db) <= request.day, let voucher = VoucherNumber.credential(number)
      else {
        throw StoreError.refused(["the day of request \(number) is over: ask for another one"])
      }
      try db.execute(
        "UPDATE official_meal SET accepted_by = ?, accepted_ms = ? WHERE number = ?",
        [person, self.now, number])
      try db.execute(
        "INSERT INTO credential (kind, value, account) VALUES (?, ?, ?)",
        [Int64(voucher.kind.rawValue), Data(voucher.value), request.account.number])
      try self.raiseVersion(of: request.account, db)
      return try self.officialMeal(number, db)
    }
    ring()
    return accepted
  }

  /// Takes the numbers away whose day is over, so that each is good for its day alone.
  ///
  /// - Returns: How many.
  package func endOfficialMeals() async throws(StoreError) -> Int {
    let over = try await read { db in
      try db.hasRow(Self.overQuery + " LIMIT 1", [Int64(try self.localDay(db))])
    }
    guard over else { return 0 }
    let ended = try await write { db in
      let rows = try db.rows(Self.overQuery, [Int64(try self.localDay(db))])
      for row in rows {
        let number = try row.text("number")
        try db.execute(
          "DELETE FROM credential WHERE kind = ? AND value = ?",
          [Int64(Credential.Kind.officialVoucher.rawValue), Data(number.utf8)])
        try db.execute(
          "UPDATE official_meal SET ended_ms = ? WHERE number = ?", [self.now, number])
        try self.raiseVersion(of: AccountID(try row.integer("account")), db)
      }
      return rows.count
    }
    ring()
    return ended
  }

  private static let overQuery =
    "SELECT number, account FROM official_meal WHERE accepted_ms IS NOT NULL AND ended_ms IS NULL AND day < ?"

  /// Requests, the newest day first; of a unit, of a canteen, or all. At most 1,000.
  package func officialMeals(
    of unit: UnitID? = nil, in canteen: UInt32? = nil
  ) async throws(StoreError) -> [OfficialMealRequest] {
    let narrowings = [("unit", unit?.number), ("canteen", canteen)].compactMap { column, number in
      number.map { (condition: "\(column) = ?", value: Int64($0).sqlValue) }
    }
    let conditions = (["heads > 0"] + narrowings.map(\.condition)).joined(separator: " AND ")
    let arguments = SQLArguments(narrowings.map(\.value))
    return try await read { db in
      try db.rows(
        "SELECT * FROM official_meal WHERE \(conditions) ORDER BY day DESC, number LIMIT 1000",
        arguments
      ).map(OfficialMealRequest.init)
    }
  }

  func officialMeal(_ number: String, _ db: any Database) throws -> OfficialMealRequest {
    let row = try db.row("SELECT * FROM official_meal WHERE number = ?", [number])
    guard let row else { throw StoreError.refused(["there is no request \(number)"]) }
    return try OfficialMealRequest(row)
  }

  private func faults(
    in asked: OfficialMealFile, _ unit: UnitID, _ db: any Database
  ) throws -> [String] {
    var faults: [String] = []
    let isTaken = try db.hasRow(
      "SELECT 1 FROM credential WHERE kind = ? AND value = ?",
      [Int64(Credential.Kind.officialVoucher.rawValue), Data(asked.number.utf8)])
    if try isTaken || db.hasRow("SELECT 1 FROM official_meal WHERE number = ?", [asked.number]) {
      faults.append("number: \(asked.number) is another request's")
    }
    let isOwn = try db.hasRow(
      """
      SELECT 1 FROM (SELECT unit FROM membership WHERE account = ? AND from_day <= ?
        ORDER BY from_day DESC LIMIT 1) AS member
      JOIN account ON account.number = ? WHERE member.unit = ? AND status <> ?
      """,
      [
        asked.account, Int64(asked.day), asked.account, unit.number,
        Int64(AccountStatus.closed.rawValue),
      ])
    if !isOwn { faults.append("account: \(asked.account) is no open account of unit \(unit)") }
    let isCanteen = try db.hasRow("SELECT 1 FROM canteen WHERE number = ?", [asked.canteen])
    if !isCanteen { faults.append("canteen: \(asked.canteen) is not in the registry") }
    if asked.day < (try localDay(db)) { faults.append("day: is over") }
    let rules = try rulebookInForce(db)?.officialMeal
    if rules?.price(in: asked.period) == nil {
      faults.append("period: the rulebook serves no official meal in period \(asked.period)")
    }
    if asked.heads < 1 || asked.heads > rules?.mostHeads ?? 0 {
      faults.append("heads: 1 to \(rules?.mostHeads ?? 0)")
    }
    let isSecond = try db.hasRow(
      "SELECT 1 FROM official_meal WHERE account = ? AND canteen = ? AND day = ? AND period = ?",
      [asked.account, asked.canteen, Int64(asked.day), Int64(asked.period)])
    if isSecond {
      faults.append("there is a request for this account, canteen, day and meal already")
    }
    return faults
  }
}

extension OfficialMealRequest {
  init(_ row: Row) throws {
    self.init(
      number: try row.text("number"), unit: UnitID(try row.integer("unit")),
      account: AccountID(try row.integer("account")), canteen: try row.integer("canteen"),
      letter: try row.text("letter"), guests: try row.text("guests"),
      heads: try row.integer("heads"), day: try row.integer("day"),
      period: try row.integer("period"), fen: try row.integer("fen"),
      proposer: try row.text("proposed_by"), approver: try row.text("approved_by"),
      acceptedBy: row["accepted_by"])
  }
}

extension OfficialMealRequest: Decided {
  private struct Basis: Encodable {
    let number, letter, guests: String
    let unit: UnitID
    let account: AccountID
    let canteen: UInt32
    let heads: Int
    let day: Int32
    let period: UInt8
    let fen: Int64
  }

  package var decided: String {
    get throws {
      try DecidedText.of(
        Basis(
          number: number, letter: letter, guests: guests, unit: unit, account: account,
          canteen: canteen, heads: heads, day: day, period: period, fen: fen))
    }
  }
}
