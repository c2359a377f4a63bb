package import CanteenModel
import Foundation
import SQLStore
package import SettlementCore
import SyncProtocol

extension Books {
  /// Makes the statements of a closed quarter, and makes those again that nobody has approved yet: the same books give
  /// the same bytes (S18).
  ///
  /// - Parameter canteen: `nil`: all that took something.
  /// - Returns: One line for each canteen, also for those of which no statement can be made, with the reason.
  /// - Throws: ``StoreError/refused(_:)`` for a quarter that is not closed, and without a policy.
  package func draftStatements(
    of quarter: Quarter, canteen: UInt32? = nil
  ) async throws(StoreError) -> [StatementSummary] {
    try await settling { db in
      let selection = try self.selection(quarter, canteen, db)
      let policy = try self.policy(on: quarter.lastDay, db)
      let found = try self.takings(selection, db).sorted { $0.key < $1.key }
      return try found.map { canteen, takings in
        try self.draft(canteen, takings, selection, policy, db)
      }
    }
  }

  /// Approves a draft: fixes it, signs it and books it, once (S18).
  ///
  /// - Parameter digest: Of the draft that both people saw.
  /// - Throws: ``StoreError/refused(_:)`` for another draft than that, and where the books say something else by now.
  package func approveStatement(
    of quarter: Quarter, canteen: UInt32, digest: Digest32, by people: TwoPeople
  ) async throws(StoreError) -> StatementSummary {
    try await settling { db in
      guard let held = try self.statement(quarter, canteen, db) else {
        throw StoreError.refused([
          "canteen \(canteen) has no draft of \(quarter): statement draft"
        ])
      }
      let approval = held["approved_by"] as String?
      guard try held.digest("digest") == digest || Self.approvesUnseen else {
        throw StoreError.refused([
          "the draft of canteen \(canteen) is another one by now: look at it again"
        ])
      }
      guard approval == nil || Self.booksTwice else { return try StatementSummary(held) }
      let selection = try self.selection(quarter, canteen, db)
      let takings = try self.takings(selection, db)[canteen] ?? CanteenTakings()
      let made: MadeStatement
      do {
        made = try self.make(
          canteen, takings, selection, try self.policy(on: quarter.lastDay, db), db)
      } catch let fault as StatementFault {
        throw StoreError.refused([fault.advice(canteen)])
      }
      guard StatementCodec.digest(of: made.bytes) == digest || Self.approvesUnseen else {
        throw StoreError.refused([
          "the books say something else of canteen \(canteen) by now: draft it again"
        ])
      }
      try self.seal(made, quarter, canteen, people, isAgain: approval != nil, db)
      guard let sealed = try self.statement(quarter, canteen, db) else {
        throw StoreError.damaged("a statement that was just approved is gone")
      }
      return try StatementSummary(sealed)
    }
  }

  /// The statements and drafts of a quarter, by canteen.
  package func statements(of quarter: Quarter) async throws(StoreError) -> [StatementSummary] {
    try await read { db in
      try db.rows(
        "SELECT * FROM statement WHERE quarter = ? ORDER BY canteen", [quarter.description]
      ).map { try StatementSummary($0) }
    }
  }

  /// The approved statements by which a caterer is paid, by canteen: those of quarters in which they ran it, whoever runs
  /// it now.
  package func statements(
    of quarter: Quarter, naming caterer: CatererID
  ) async throws(StoreError) -> [StatementSummary] {
    try await read { db in
      let rows = try db.rows(
        "SELECT * FROM statement WHERE quarter = ? AND signed IS NOT NULL ORDER BY canteen",
        [quarter.description])
      return try rows.filter { try self.names(caterer, $0) }.map { try StatementSummary($0) }
    }
  }

  /// One of ``statements(of:naming:)`` as its file.
  ///
  /// - Throws: ``StoreError/refused(_:)`` for every other one.
  package func statementFile(
    of quarter: Quarter, canteen: UInt32, naming caterer: CatererID
  ) async throws(StoreError) -> [UInt8] {
    try await read { db in
      guard let row = try self.statement(quarter, canteen, db), let signed = row["signed"] as Data?,
        try self.names(caterer, row)
      else {
        throw StoreError.refused([
          "no approved statement of canteen \(canteen) for \(quarter) pays caterer \(caterer.number)"
        ])
      }
      return Array(signed)
    }
  }

  private func names(_ caterer: CatererID, _ row: Row) throws -> Bool {
    #if SEEDED_BUGS
      if plantedAccess == .catererReadsAll { return true }
    #endif
    guard let document = row["document"] as Data? else { return false }
    return try StatementCodec.decode(Array(document)).accounts.contains {
      $0.caterer == caterer.number
    }
  }

  /// A statement's file: the document with the centre's signature, for `canteen-settlement verify`.
  ///
  /// - Throws: ``StoreError/refused(_:)`` while it is a draft.
  package func statementFile(
    of quarter: Quarter, canteen: UInt32
  ) async throws(StoreError) -> [UInt8] {
    try await read { db in
      guard let signed = try self.statement(quarter, canteen, db)?["signed"] as Data? else {
        throw StoreError.refused([
          "the statement of canteen \(canteen) for \(quarter) is not approved"
        ])
      }
      return Array(signed)
    }
  }

  /// The canonical JSON of a statement or of a draft.
  package func statementDocument(
    of quarter: Quarter, canteen: UInt32
  ) async throws(StoreError) -> [UInt8] {
    try await read { db in
      guard let document = try self.statement(quarter, canteen, db)?["document"] as Data? else {
        throw StoreError.refused(["canteen \(canteen) has no statement of \(quarter)"])
      }
      return Array(document)
    }
  }

  private func statement(_ quarter: Quarter, _ canteen: UInt32, _ db: any Database) throws -> Row? {
    try db.row(
      "SELECT * FROM statement WHERE canteen = ? AND quarter = ?",
      [canteen, quarter.description])
  }

  /// What counts for a quarter.
  ///
  /// - Throws: ``StoreError/refused(_:)`` for one that is not closed.
  func selection(
    _ quarter: Quarter, _ canteen: UInt32?, _ db: any Database
  ) throws -> QuarterSelection {
    guard let close = try quarterClose(quarter, db) else {
      throw StoreError.refused(["\(quarter) is not closed: statement close \(quarter)"])
    }
    return QuarterSelection(
      close: close, former: try formerClose(of: quarter, db), canteen: canteen)
  }

  private func draft(
    _ canteen: UInt32, _ takings: CanteenTakings, _ selection: QuarterSelection,
    _ policy: ProgrammePolicy, _ db: any Database
  ) throws -> StatementSummary {
    let quarter = selection.close.quarter
    if let held = try statement(quarter, canteen, db), held["approved_by"] as String? != nil {
      return try StatementSummary(held)
    }
    let made: MadeStatement
    do {
      made = try make(canteen, takings, selection, policy, db)
    } catch let fault as StatementFault {
      try db.execute(
        "DELETE FROM statement WHERE canteen = ? AND quarter = ? AND signed IS NULL",
        [canteen, quarter.description])
      return StatementSummary(quarter, canteen, fault: fault.advice(canteen))
    }
    try db.execute(
      """
      INSERT INTO statement (canteen, quarter, digest, document, drafted_ms) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (canteen, quarter) DO UPDATE SET digest = excluded.digest,
        document = excluded.document, drafted_ms = excluded.drafted_ms
      WHERE statement.signed IS NULL
      """,
      [
        canteen, quarter.description, StatementCodec.digest(of: made.bytes).blob, Data(made.bytes),
        now,
      ])
    return try StatementSummary(made.document, approvedBy: nil)
  }

  /// Signs and books a statement that two people approved.
  private func seal(
    _ made: MadeStatement, _ quarter: Quarter, _ canteen: UInt32, _ people: TwoPeople,
    isAgain: Bool, _ db: any Database
  ) throws {
    let legs = try made.statement.legs(withheldBy: UnitID(made.document.unit))
    if !legs.isEmpty {
      try book(
        [
          OfficeEntry(
            name: "statement:\(quarter):\(canteen)" + (isAgain ? ":\(now)" : ""), kind: .statement,
            day: quarter.lastDay, proposer: people.proposer, approver: people.approver,
            note: "\(made.document.canteenName) \(quarter)", legs: legs)
        ], db)
    }
    try db.execute(
      """
      UPDATE statement SET signed = ?, digest = ?, document = ?, proposed_by = ?, approved_by = ?,
        approved_ms = ?
      WHERE canteen = ? AND quarter = ?
      """,
      [
        Data(try StatementCodec.sign(made.bytes, key: configuration.key)),
        StatementCodec.digest(of: made.bytes).blob, Data(made.bytes), people.proposer,
        people.approver, now, canteen, quarter.description,
      ])
  }

  private static var approvesUnseen: Bool {
    #if SEEDED_BUGS
      SeededStatementBug.planted == .approvesUnseen
    #else
      false
    #endif
  }

  private static var booksTwice: Bool {
    #if SEEDED_BUGS
      SeededStatementBug.planted == .booksTwice
    #else
      false
    #endif
  }
}

extension StatementDocument {
  init(stored row: Row) throws {
    guard let document: Data = row["document"] else {
      throw StoreError.damaged("a statement without a document")
    }
    self = try StatementCodec.decode(Array(document))
  }
}

extension StatementSummary {
  init(_ row: Row) throws {
    var people: TwoPeople?
    if let approver = row["approved_by"] as String? {
      people = TwoPeople(proposer: try row.text("proposed_by"), approver: approver)
    }
    try self.init(try StatementDocument(stored: row), approvedBy: people)
  }

  init(_ document: StatementDocument, approvedBy: TwoPeople?) throws {
    guard let quarter = Quarter(document.quarter) else {
      throw StoreError.damaged("a statement of no quarter")
    }
    func sum(_ figure: KeyPath<StatementDocument.Account, Int64>) throws -> Fen {
      try document.accounts.reduce(Fen.zero) { try $0 + Fen($1[keyPath: figure]) }
    }
    self.init(
      quarter: quarter, canteen: document.canteen, name: document.canteenName,
      digest: StatementCodec.digest(of: try StatementCodec.encode(document)).description,
      consumption: try sum(\.consumption), deduction: try sum(\.deduction), fee: try sum(\.fee),
      payable: try sum(\.payable), approvedBy: approvedBy, fault: nil)
  }

  fileprivate init(_ quarter: Quarter, _ canteen: UInt32, fault: String) {
    self.init(
      quarter: quarter, canteen: canteen, name: "", digest: nil, consumption: .zero,
      deduction: .zero, fee: .zero, payable: .zero, approvedBy: nil, fault: fault)
  }
}
