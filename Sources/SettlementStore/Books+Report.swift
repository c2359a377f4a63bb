import CanteenModel
import SQLStore

extension Books {
  /// Reads the report in one snapshot, from what is kept for each terminal and each account: it
  /// adds no records, so the intake does not wait for it. ``check()`` proves what is kept.
  package func report() async throws(StoreError) -> SettlementReport {
    try await read { db in
      try db.snapshot {
        let terminals = try self.terminalLines(db)
        return SettlementReport(
          asOfMilliseconds: self.configuration.now(), terminals: terminals,
          totals: try self.totals(terminals, db))
      }
    }
  }

  private func terminalLines(_ db: any Database) throws -> [SettlementReport.TerminalLine] {
    let flags = try flagLines(db)
    let lost = try lostTails(db)
    let rows = try db.rows(
      """
      SELECT terminal.number, terminal.name,
        COALESCE((SELECT MAX(epoch) FROM chain WHERE terminal = number), 0) AS epoch,
        COALESCE((SELECT last_sequence FROM chain WHERE terminal = number
                  ORDER BY epoch DESC LIMIT 1), 0) AS last_sequence,
        (SELECT received_ms FROM intake WHERE terminal = terminal.number
         ORDER BY intake.number DESC LIMIT 1) AS last_intake_ms,
        COALESCE(records, 0) AS records, COALESCE(sales, 0) AS sales,
        COALESCE(subsidy_fen, 0) AS subsidy_fen, COALESCE(personal_fen, 0) AS personal_fen,
        COALESCE(payable_fen, 0) AS payable_fen, COALESCE(corrections, 0) AS corrections,
        COALESCE(declines, 0) AS declines,
        COALESCE(suspense_records, 0) AS suspense_records,
        COALESCE(fork_records, 0) AS fork_records
      FROM terminal LEFT JOIN tally ON tally.terminal = number ORDER BY number
      """)
    return try rows.map { row in
      let number: UInt32 = try row.integer("number")
      let tally = try TerminalTally(row)
      return SettlementReport.TerminalLine(
        terminal: number, name: try row.text("name"), epoch: try row.integer("epoch"),
        lastSequence: try row.integer("last_sequence"),
        lastIntakeMilliseconds: row["last_intake_ms"], records: Int(tally.records),
        sales: Int(tally.sales), subsidyFen: tally.subsidyFen, personalFen: tally.personalFen,
        payableFen: tally.payableFen, corrections: Int(tally.corrections),
        declines: Int(tally.declines),
        suspenseRecords: Int(tally.suspenseRecords), suspenseFen: try tally.suspenseFen,
        forkRecords: Int(tally.forkRecords),
        flags: flags.filter { $0.terminal == number }.map(\.line),
        lostTails: lost.filter { $0.terminal == number }.map(\.line))
    }
  }

  private func flagLines(
    _ db: any Database
  ) throws -> [(terminal: UInt32, line: SettlementReport.FlagLine)] {
    let rows = try db.rows(
      """
      SELECT terminal, kind, epoch, sequence, times, last_ms FROM flag
      ORDER BY terminal, epoch, kind
      """)
    return try rows.map { row in
      guard let kind = FlagKind(rawValue: try row.text("kind")) else {
        throw StoreError.damaged("a flag of an unknown kind")
      }
      let line = SettlementReport.FlagLine(
        kind: kind, epoch: try row.integer("epoch"), sequence: try row.integer("sequence"),
        times: try row.integer("times"), lastMilliseconds: try row.integer("last_ms"))
      return (try row.integer("terminal"), line)
    }
  }

  private func totals(
    _ terminals: [SettlementReport.TerminalLine], _ db: any Database
  ) throws -> SettlementReport.Totals {
    let row = try db.row(
      """
      SELECT COUNT(*) AS accounts,
        COUNT(*) FILTER (WHERE subsidy_fen < 0 OR personal_fen < 0) AS in_debt,
        (SELECT COALESCE(MAX(version), 0) FROM rulebook) AS rulebook,
        COALESCE(SUM(opening_subsidy_fen + opening_personal_fen), 0) AS opening,
        COALESCE(SUM(subsidy_fen), 0) AS subsidy, COALESCE(SUM(personal_fen), 0) AS personal,
        (SELECT COALESCE(SUM(fen), 0) FROM office_balance
          WHERE ledger_account LIKE 'payable:%') AS settled,
        (SELECT COALESCE(SUM(fen), 0) FROM office_balance
          WHERE ledger_account = 'suspense') AS resolved,
        (SELECT COALESCE(SUM(fen), 0) FROM office_balance
          WHERE ledger_account NOT LIKE 'payable:%' AND ledger_account <> 'suspense') AS office
      FROM account
      """)
    guard let row else { throw StoreError.damaged("the sums cannot be read") }
    let opening: Int64 = try row.integer("opening")
    // What statements took from it stands on its own side of the ledger.
    let earned = try terminals.reduce(Fen(try row.integer("settled"))) {
      try $0 + Fen($1.payableFen)
    }
    let resolved = Fen(try row.integer("resolved"))
    let suspense = try terminals.reduce(Fen.zero) { try $0 + Fen($1.suspenseFen) }
    return SettlementReport.Totals(
      records: terminals.reduce(0) { $0 + $1.records },
      sales: terminals.reduce(0) { $0 + $1.sales }, accounts: try row.integer("accounts"),
      accountsInDebt: try row.integer("in_debt"), rulebookVersion: try row.integer("rulebook"),
      openingFundingFen: -opening, subsidyBalanceFen: try row.integer("subsidy"),
      personalBalanceFen: try row.integer("personal"),
      payableFen: earned.value, suspenseFen: try (resolved - suspense).value,
      officeFen: try row.integer("office"))
  }
}
