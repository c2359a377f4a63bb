package import CanteenModel
import Foundation
import SQLStore
package import SettlementCore
import SyncProtocol

/// A record whose money nobody has been charged for, or given back, yet.
package struct SuspendedRecord: Hashable, Sendable, Codable {
  package let terminal: UInt32
  /// 64 hexadecimal digits.
  package let id: String
  /// `sale` or `correction`.
  package let kind: String
  /// A ``SuspenseReason``.
  package let reason: String
  /// Whom the record names.
  package let account: Int64?
  /// What the terminal's clock said; Unix time.
  package let wallMilliseconds: Int64?
  /// What suspense has of it: less than zero, the programme is out of pocket by so much.
  package let fen: Int64
}

/// What was decided about one.
package struct ResolvedRecord: Hashable, Sendable, Codable {
  package let record: SuspendedRecord
  /// A ``SuspenseBearer/key``.
  package let bearer: String
}

extension Books {
  /// The records whose money is held in suspense, by terminal and in the order in which they came in.
  ///
  /// - Parameter limit: 1...1,000.
  package func suspendedRecords(limit: Int = 1000) async throws(StoreError) -> [SuspendedRecord] {
    try await read { db in
      try db.rows(
        Self.suspendedQuery
          + """
           AND NOT EXISTS (SELECT 1 FROM suspense_resolution
            WHERE suspense_resolution.terminal = record.terminal
              AND suspense_resolution.id = record.id)
          ORDER BY record.terminal, record.intake, record.id LIMIT ?
          """, [min(max(limit, 1), 1000)]
      ).map(SuspendedRecord.init)
    }
  }

  /// Takes the money of a record out of suspense, all of it and once. Two people, because it says who pays.
  ///
  /// - Throws: ``StoreError/refused(_:)`` for a record of which suspense has nothing, or nothing any more, for an account
  ///   that is not known, and where the record does not say what suspense has.
  package func resolveSuspense(
    of terminal: TerminalID, _ id: Digest32, to bearer: SuspenseBearer, by people: TwoPeople
  ) async throws(StoreError) -> ResolvedRecord {
    try await write { db in
      let row = try db.row(
        Self.suspendedQuery + " AND record.terminal = ? AND record.id = ?",
        [terminal.number, id.blob])
      guard let row else {
        throw StoreError.refused(["suspense has nothing of record \(id) of terminal \(terminal)"])
      }
      try self.refuseResolved(terminal, id, db)
      let (record, entry) = (
        try SuspendedRecord(row),
        try self.entry(resolving: try SuspendedRecord(row), id, row, to: bearer, by: people, db)
      )
      try self.book([entry], db)
      try db.execute(
        """
        INSERT INTO suspense_resolution (terminal, id, bearer) VALUES (?, ?, ?)
        ON CONFLICT (terminal, id) DO NOTHING
        """, [terminal.number, id.blob, bearer.key])
      return ResolvedRecord(record: record, bearer: bearer.key)
    }
  }

  private static let suspendedQuery = """
    SELECT record.terminal AS terminal, record.id AS id, record.kind AS kind,
      record.suspense_reason AS reason, record.account AS account, record.wall_ms AS wall_ms,
      record.bytes AS bytes, leg.fen AS fen
    FROM record JOIN leg ON leg.entry = record.id AND leg.ledger_account = 'suspense'
    WHERE record.standing = 'suspense'
    """

  private func refuseResolved(
    _ terminal: TerminalID, _ id: Digest32, _ db: any Database
  ) throws {
    #if SEEDED_BUGS
      if plantedAccess == .suspenseResolvedTwice { return }
    #endif
    let bearer: String? = try db.value(
      "SELECT bearer FROM suspense_resolution WHERE terminal = ? AND id = ?",
      [terminal.number, id.blob])
    guard let bearer else { return }
    throw StoreError.refused(["record \(id) was resolved already: \(bearer)"])
  }

  private func entry(
    resolving record: SuspendedRecord, _ id: Digest32, _ row: Row, to bearer: SuspenseBearer,
    by people: TwoPeople, _ db: any Database
  ) throws -> OfficeEntry {
    let (account, parts) = try Self.parts(of: row)
    if SuspenseReason(rawValue: record.reason)?.isOfficialMeal == true {
      try Self.checkIsUnits(bearer, parts, id)
    }
    switch bearer {
    case .asRecorded: try checkIsKnown(account, db)
    case .diner(let diner): try checkIsKnown(diner, db)
    case .fee: break
    }
    let legs = try SuspenseRule.legs(
      releasing: Fen(record.fen), to: bearer, account: account, parts: parts)
    guard let legs else {
      throw StoreError.refused([
        "record \(id) does not say what suspense has of it: name a diner, or the fee"
      ])
    }
    var name = "resolution:\(record.terminal):\(id)"
    #if SEEDED_BUGS
      if plantedAccess == .suspenseResolvedTwice { name += ":\(now)" }
    #endif
    return OfficeEntry(
      name: name, kind: .resolution, day: try localDay(db), proposer: people.proposer,
      approver: people.approver, note: "\(record.reason): \(bearer.key)", legs: legs)
  }

  /// Nobody's own money pays for an official meal, whoever decides (S44).
  private static func checkIsUnits(
    _ bearer: SuspenseBearer, _ parts: [Spend], _ id: Digest32
  ) throws {
    let isOwn: Bool
    switch bearer {
    case .fee: isOwn = false
    case .diner: isOwn = true
    case .asRecorded: isOwn = parts.contains { $0.purse == .personal }
    }
    guard !isOwn else {
      throw StoreError.refused([
        "record \(id) is an official meal: no diner's own money pays for it; name asRecorded where it names the "
          + "unit's money alone, or the fee"
      ])
    }
  }

  private func checkIsKnown(_ account: AccountID, _ db: any Database) throws {
    guard try db.hasRow("SELECT 1 FROM account WHERE number = ?", [account.number]) else {
      throw StoreError.refused(["account \(account) is not known: import it first"])
    }
  }

  /// Whom a record names, and from which purses.
  private static func parts(of row: Row) throws -> (account: AccountID, parts: [Spend]) {
    switch try readable(row) {
    case .sale(let sale): return (sale.account, sale.spends)
    case .correction(let correction): return (correction.account, correction.returns)
    case .epochOpened, .decline, .dayClosed, .holdReleased, .keyRotated, nil:
      throw StoreError.damaged("a record that moves no money is held in suspense")
    }
  }
}

extension SuspendedRecord {
  fileprivate init(_ row: Row) throws {
    self.init(
      terminal: try row.integer("terminal"), id: try row.digest("id").description,
      kind: try row.text("kind"), reason: try row.text("reason"), account: row["account"],
      wallMilliseconds: row["wall_ms"], fen: try row.integer("fen"))
  }
}
