package import CanteenModel
import Foundation
import SQLStore
import SettlementCore
import SyncProtocol

/// The certificate as a signed file, which anybody can reckon again from the terminals' batches.
extension Books {
  /// A unit's certificate of a closed year, signed (S13, C1, C14): as the books stand now, up to the heads that it names.
  ///
  /// - Throws: ``StoreError/refused(_:)`` for a unit that is not known, and while the year is not closed.
  package func certificateFile(
    of unit: UnitID, year: Int
  ) async throws(StoreError) -> [UInt8] {
    let certificate = try await yearEndCertificate(of: unit, year: year)
    return try await read { db in
      try db.snapshot {
        let document = try self.document(of: certificate, db)
        return try CertificateCodec.sign(
          try CertificateCodec.encode(document), key: self.configuration.key)
      }
    }
  }

  private func document(
    of certificate: YearEndCertificate, _ db: any Database
  ) throws -> CertificateDocument {
    let tranches = try certificate.tranches.map { try tranche($0, certificate.year, db) }
    return CertificateDocument(
      year: certificate.year, unit: certificate.unit.number, unitName: certificate.name,
      runs: certificate.runs.map { run in
        CertificateDocument.Run(
          number: run.number, destination: run.destination.rawValue, policyVersion: run.policy,
          bookedMilliseconds: run.bookedMilliseconds, proposedBy: run.proposer,
          approvedBy: run.approver, fen: run.fen)
      }, tranches: tranches, terminals: try certifiedTerminals(db),
      disregarded: try withoutEffect(on: Set(certificate.tranches.map(\.tranche)), db),
      fen: certificate.fen)
  }

  private func tranche(
    _ line: YearEndCertificate.Tranche, _ year: Int, _ db: any Database
  ) throws -> CertificateDocument.Tranche {
    let people = try people(of: line.tranche, db)
    return CertificateDocument.Tranche(
      number: line.tranche.number, quarter: line.quarter.description,
      appropriation: line.appropriation, received: line.receivedFen,
      ungiven: try takes(of: AccountID(0), line.tranche, db),
      remains: try officeBalance(of: .funded(line.tranche), db).value, people: people,
      given: people.reduce(0) { $0 + $1.given }, spent: people.reduce(0) { $0 + $1.spent },
      moved: people.reduce(0) { $0 + $1.moved },
      taken: people.reduce(0) { $0 + $1.taken.reduce(0) { $0 + $1.fen } },
      left: people.reduce(0) { $0 + max($1.left, 0) },
      debt: people.reduce(0) { $0 + max(-$1.left, 0) })
  }

  /// Everybody who was given anything of a tranche, or had anything charged to it.
  private func people(
    of tranche: TrancheID, _ db: any Database
  ) throws -> [CertificateDocument.Person] {
    let rows = try db.rows(
      """
      SELECT account, fen, COALESCE((SELECT SUM(roster_line.fen) FROM roster_line
          JOIN roster ON roster.number = roster_line.roster
          WHERE roster_line.account = tranche.account AND roster.tranche = tranche.tranche
            AND allocated_ms IS NOT NULL), 0) AS given
      FROM tranche WHERE tranche = ? AND purse = ? ORDER BY account
      """, [tranche.number, Purse.subsidy.number])
    return try rows.map { row in
      let account = AccountID(try row.integer("account"))
      let (given, left): (Int64, Int64) = (try row.integer("given"), try row.integer("fen"))
      let taken = try takes(of: account, tranche, db)
      let booked = try booked(on: .purse(account, .subsidy, tranche), db)
      let allTaken = taken.reduce(0) { $0 + $1.fen }
      let moved = booked - given
      var spent = given + moved - allTaken - left
      #if SEEDED_BUGS
        if plantedOffice == .debtIsNotSpent { spent += min(left, 0) }
      #endif
      return CertificateDocument.Person(
        account: account.number, given: given, spent: spent, moved: moved, taken: taken, left: left)
    }
  }

  private func takes(
    of account: AccountID, _ tranche: TrancheID, _ db: any Database
  ) throws -> [CertificateDocument.Take] {
    try db.rows(
      "SELECT number, fen FROM year_end_line WHERE account = ? AND tranche = ? ORDER BY number",
      [account.number, tranche.number]
    ).map { row in
      CertificateDocument.Take(run: try row.integer("number"), fen: try row.integer("fen"))
    }
  }

  /// What people booked on a purse, but for what year ends took of it, and what an accounts file opened it with.
  private func booked(on account: LedgerAccount, _ db: any Database) throws -> Int64 {
    let opening: Int64? = try db.value(
      "SELECT SUM(fen) FROM leg WHERE ledger_account = ? AND entry = ?",
      [account.key, account.openingEntry])
    let booked: Int64? = try db.value(
      """
      SELECT SUM(fen) FROM leg JOIN office_entry USING (entry)
      WHERE ledger_account = ? AND kind <> ?
      """, [account.key, OfficeEntry.Kind.yearEnd.rawValue])
    return (opening ?? 0) + (booked ?? 0)
  }

  private func certifiedTerminals(
    _ db: any Database
  ) throws -> [CertificateDocument.Terminal] {
    let rows = try db.rows("\(Self.branchEnds) ORDER BY terminal, epoch, sequence, head")
    var terminals: [CertificateDocument.Terminal] = []
    for row in rows {
      let number: Int64 = try row.integer("terminal")
      if terminals.last?.number != UInt32(number) {
        terminals.append(
          CertificateDocument.Terminal(
            number: UInt32(number), keys: try keys(of: number, db), heads: []))
      }
      terminals[terminals.endIndex - 1].heads.append(
        StatementDocument.Head(
          epoch: try row.integer("epoch"), sequence: try row.integer("sequence"),
          head: try row.digest("head").description))
    }
    return terminals
  }

  /// Records that name some tranches and moved nothing of them.
  private func withoutEffect(
    on tranches: Set<TrancheID>, _ db: any Database
  ) throws -> [StatementDocument.Disregarded] {
    let rows = try db.rows(
      """
      SELECT terminal, id, bytes, suspense_reason FROM record
      WHERE standing = 'suspense' AND kind IN ('sale', 'correction') ORDER BY terminal, id
      """)
    return try rows.compactMap { row in
      let named: [TrancheID]
      switch try Self.readable(row) {
      case .sale(let sale): named = sale.spends.map(\.tranche)
      case .correction(let correction): named = correction.returns.map(\.tranche)
      default: named = []
      }
      guard named.contains(where: { tranches.contains($0) }) else { return nil }
      return StatementDocument.Disregarded(
        terminal: try row.integer("terminal"), id: try row.digest("id").description,
        reason: try row.text("suspense_reason"))
    }
  }
}

extension LedgerAccount {
  /// The entry that gave a purse its opening balance.
  fileprivate var openingEntry: Data {
    guard case .purse(let account, _, _) = self else { return Data() }
    return Data("opening:\(account)".utf8)
  }
}
