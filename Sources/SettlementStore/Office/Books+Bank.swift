import CanteenModel
import Foundation
import SQLStore
package import SettlementCore

/// What an import of bank lines did.
package struct BankImport: Hashable, Sendable, Codable {
  package let added: Int
  /// Lines that were here already, word by word.
  package let unchanged: Int
  /// How many of the added ones nobody knows the purpose of: `canteen-settlement bank unmatched`.
  package let unmatched: Int
}

/// A line of the bank of which nobody has said yet what it is for.
package struct UnmatchedLine: Hashable, Sendable, Codable {
  package let account: BankAccount
  package let reference: String
  package let day: Int32
  package let fen: Int64
  package let counterparty: String
  package let note: String
}

/// A line of the bank with the purpose that two people gave it.
package struct MatchedLine: Hashable, Sendable, Codable {
  package let line: UnmatchedLine
  /// A ``LedgerAccount/key``.
  package let purpose: String
}

extension Books {
  /// Takes what the bank says of one of the programme's accounts and books it: units' payments, the hops between the
  /// accounts, top-ups, payments to caterers (S28-S32, C5). All of it or nothing; the same line twice is one.
  ///
  /// - Parameters:
  ///   - person: Who hands it in.
  ///   - approver: Who approved it; `nil`: nobody was asked.
  /// - Throws: ``StoreError/refused(_:)`` with every fault by row and column.
  package func importBank(
    _ account: BankAccount, _ file: [UInt8], by person: String, approver: String? = nil
  ) async throws(StoreError) -> BankImport {
    let lines = try BankFile.read(file)
    return try await write { db in
      let book = try self.bankBook(db)
      var (entries, rows, faults) = ([OfficeEntry](), [SQLArguments](), [String]())
      var unmatched = 0
      for line in lines {
        if let stored = try self.line(account, line.reference, db) {
          if stored != line.content { faults.append(Self.changed(line)) }
          continue
        }
        let against = try self.purpose(of: line, account, book, db)
        if case .unmatched = against { unmatched += 1 }
        entries.append(
          OfficeEntry(
            name: "bank:\(account.rawValue):\(line.reference)", kind: .bank, day: line.day,
            proposer: person, approver: approver, note: line.note,
            legs: try BankRule.legs(of: account, line.amount, against: against)))
        rows.append([
          account.rawValue, line.reference, Int64(line.day), line.amount.value, line.counterparty,
          line.note, against.key,
        ])
      }
      guard faults.isEmpty else { throw StoreError.refused(FaultList.shortened(faults)) }
      try db.insert(into: "bank_line", Self.bankColumns, rows)
      try self.book(entries, db)
      return BankImport(
        added: rows.count, unchanged: lines.count - rows.count, unmatched: unmatched)
    }
  }

  /// Says what a line is for that the rules did not know. Two people, because it moves public money.
  ///
  /// - Throws: ``StoreError/refused(_:)`` for a line that is not here or has its purpose already, and for a purpose
  ///   that no line of the bank has.
  @discardableResult
  package func match(
    _ account: BankAccount, _ reference: String, with purpose: LedgerAccount, by people: TwoPeople
  ) async throws(StoreError) -> MatchedLine {
    guard Self.mayBeMatched(purpose) else {
      throw .refused(["a line of the bank is no \(purpose.key)"])
    }
    return try await write { db in
      let row = try db.row(
        "SELECT * FROM bank_line WHERE bank_account = ? AND reference = ?",
        [account.rawValue, reference])
      guard let row else {
        throw StoreError.refused(["the account \(account.rawValue) has no line \(reference)"])
      }
      let held = LedgerAccount.unmatched(account)
      guard try row.text("matched") == held.key else {
        throw StoreError.refused([
          "line \(reference) is booked against \(try row.text("matched")) already"
        ])
      }
      try self.checkIsKnown(purpose, db)
      let amount = Fen(try row.integer("fen"))
      try self.book(
        [
          OfficeEntry(
            name: "match:\(account.rawValue):\(reference)", kind: .match,
            day: try row.integer("day"), proposer: people.proposer, approver: people.approver,
            note: "", legs: [Leg(held, try Fen.zero - amount), Leg(purpose, amount)])
        ], db)
      try db.execute(
        "UPDATE bank_line SET matched = ? WHERE bank_account = ? AND reference = ?",
        [purpose.key, account.rawValue, reference])
      return MatchedLine(line: try UnmatchedLine(row, of: account), purpose: purpose.key)
    }
  }

  /// The lines that people must look at, the oldest first. `limit`: 1...10,000.
  package func unmatchedLines(limit: Int = 1000) async throws(StoreError) -> [UnmatchedLine] {
    try await read { db in
      let rows = try db.rows(
        """
        SELECT bank_account, reference, day, fen, counterparty, note FROM bank_line
        WHERE matched LIKE 'unmatched:%' ORDER BY day, bank_account, reference LIMIT ?
        """, [min(max(limit, 1), 10_000)])
      return try rows.map { row in
        guard let account = BankAccount(rawValue: try row.text("bank_account")) else {
          throw StoreError.damaged("a line of a bank account that there is not")
        }
        return try UnmatchedLine(row, of: account)
      }
    }
  }

  private static let bankColumns = [
    "bank_account", "reference", "day", "fen", "counterparty", "note", "matched",
  ]

  private static func changed(_ line: BankFile.Line) -> String {
    "row \(line.row), column reference: \(line.reference) was imported with another content: a line of the bank never "
      + "changes, correct the file"
  }

  private static func mayBeMatched(_ purpose: LedgerAccount) -> Bool {
    switch purpose {
    case .funded, .ordered, .transit, .returned, .treasury, .claimable, .fee,
      .purse(_, .personal, .none):
      true
    case .purse, .payable, .openingFunding, .suspense, .bank, .unmatched, .withheld, .owed: false
    }
  }

  private func checkIsKnown(_ purpose: LedgerAccount, _ db: any Database) throws {
    let isKnown =
      switch purpose {
      case .funded(let tranche):
        try db.hasRow("SELECT 1 FROM tranche_origin WHERE number = ?", [tranche.number])
      case .ordered(let caterer):
        try db.hasRow("SELECT 1 FROM caterer WHERE number = ?", [caterer.number])
      case .returned(let unit), .claimable(let unit):
        try db.hasRow("SELECT 1 FROM unit WHERE number = ?", [unit.number])
      case .purse(let account, _, _):
        try db.hasRow("SELECT 1 FROM account WHERE number = ?", [account.number])
      default: true
      }
    guard isKnown else { throw StoreError.refused(["\(purpose.key) is not known"]) }
  }

  private func line(
    _ account: BankAccount, _ reference: String, _ db: any Database
  ) throws -> BankFile.Line? {
    let row = try db.row(
      "SELECT day, fen, counterparty, note FROM bank_line WHERE bank_account = ? AND reference = ?",
      [account.rawValue, reference])
    return try row.map { row in
      BankFile.Line(
        row: 0, reference: reference, day: try row.integer("day"),
        amount: Fen(try row.integer("fen")), counterparty: try row.text("counterparty"),
        note: try row.text("note"))
    }
  }

  private func purpose(
    of line: BankFile.Line, _ account: BankAccount, _ book: BankBook, _ db: any Database
  ) throws -> LedgerAccount {
    let counterparty = try self.counterparty(of: line, book, db)
    var tranche: TrancheID?
    if case .unit(let unit) = counterparty { tranche = book.tranche(of: unit, namedIn: line.note) }
    return BankRule.account(
      of: account, incoming: line.amount > .zero, counterparty: counterparty, tranche: tranche,
      path: try policy(on: line.day, db).funding.path)
  }

  private func counterparty(
    of line: BankFile.Line, _ book: BankBook, _ db: any Database
  ) throws -> BankCounterparty {
    let number = line.counterparty
    // A unit that runs its canteen itself may pay and be paid over one account.
    let known = line.amount > .zero ? book.payers : book.payees
    if let known = book.own[number] ?? known[number] { return known }
    guard !number.isEmpty else { return .stranger }
    let diners: [Int64] = try db.values(
      "SELECT DISTINCT account FROM membership WHERE bank_account = ?", [number])
    // Two diners with one main account: nobody can say whose money it is.
    guard let diner = diners.first, diners.count == 1 else { return .stranger }
    return .diner(AccountID(diner))
  }

  private func bankBook(_ db: any Database) throws -> BankBook {
    var book = BankBook(tranches: try trancheOrigins(db))
    for row in try db.rows("SELECT number, bank_account FROM caterer ORDER BY number DESC") {
      book.payees[try row.text("bank_account")] = .caterer(CatererID(try row.integer("number")))
    }
    for row in try db.rows("SELECT number, bank_account FROM unit WHERE bank_account IS NOT NULL") {
      book.payers[try row.text("bank_account")] = .unit(UnitID(try row.integer("number")))
    }
    for row in try db.rows("SELECT number, bank_account FROM own_bank_account") {
      guard let own = BankAccount(rawValue: try row.text("bank_account")) else {
        throw StoreError.damaged("an account of the programme that there is not")
      }
      book.own[try row.text("number")] = .own(own)
    }
    return book
  }
}

extension UnmatchedLine {
  fileprivate init(_ row: Row, of account: BankAccount) throws {
    self.init(
      account: account, reference: try row.text("reference"), day: try row.integer("day"),
      fen: try row.integer("fen"), counterparty: try row.text("counterparty"),
      note: try row.text("note"))
  }
}

extension BankFile.Line {
  /// Without its place in a file.
  fileprivate var content: BankFile.Line {
    BankFile.Line(
      row: 0, reference: reference, day: day, amount: amount, counterparty: counterparty, note: note
    )
  }
}

/// Whose accounts are whose, and what units pay.
private struct BankBook {
  let tranches: [TrancheOrigin]
  var own: [String: BankCounterparty] = [:]
  var payers: [String: BankCounterparty] = [:]
  var payees: [String: BankCounterparty] = [:]

  /// The tranche of a unit that a note names by its quarter, and by its appropriation where there are several.
  func tranche(of unit: UnitID, namedIn note: String) -> TrancheID? {
    let ofQuarter = tranches.filter { $0.unit == unit && $0.quarter.isNamed(in: note) }
    if ofQuarter.count == 1 { return ofQuarter.first?.id }
    let named = ofQuarter.filter { note.contains($0.appropriation) }
    return named.count == 1 ? named.first?.id : nil
  }
}

extension Quarter {
  /// Whether a text names it: `2026Q1`, `2026年1季度`, `2026年第一季度`.
  fileprivate func isNamed(in text: String) -> Bool {
    let word = ["一", "二", "三", "四"][number - 1]
    return [
      description, "\(year)年\(number)季度", "\(year)年第\(number)季度", "\(year)年第\(word)季度",
      "\(year)年\(word)季度",
    ]
    .contains { text.contains($0) }
  }
}
