import CanteenModel
import GRDB

extension Books {
  /// Reads the whole report in one snapshot.
  package func report() async throws(StoreError) -> SettlementReport {
    try await read { db in
      var report: SettlementReport?
      try db.inTransaction(.deferred) {
        let terminals = try self.terminalLines(db)
        report = SettlementReport(
          asOfMilliseconds: self.configuration.now(), terminals: terminals,
          totals: try self.totals(terminals, db), check: try self.check(db))
        return .commit
      }
      guard let report else { preconditionFailure("the transaction's body ran") }
      return report
    }
  }

  private func terminalLines(_ db: Database) throws -> [SettlementReport.TerminalLine] {
    let flags = try flagLines(db)
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT terminal.number, terminal.name,
          COALESCE((SELECT MAX(epoch) FROM chain WHERE terminal = number), 0) AS epoch,
          COALESCE((SELECT last_sequence FROM chain WHERE terminal = number
                    ORDER BY epoch DESC LIMIT 1), 0) AS last_sequence,
          (SELECT received_ms FROM intake WHERE terminal = terminal.number
           ORDER BY intake.number DESC LIMIT 1) AS last_intake_ms,
          COUNT(record.id) AS records,
          COUNT(*) FILTER (WHERE kind = 'sale' AND standing = 'posted') AS sales,
          COALESCE(SUM(subsidy_fen) FILTER (WHERE standing = 'posted'), 0) AS subsidy_fen,
          COALESCE(SUM(personal_fen) FILTER (WHERE standing = 'posted'), 0) AS personal_fen,
          COALESCE(SUM(times) FILTER (WHERE kind = 'decline'), 0) AS declines,
          COUNT(*) FILTER (WHERE standing = 'suspense') AS suspense_records,
          COUNT(*) FILTER (WHERE accepted = 0) AS fork_records,
          COALESCE((SELECT SUM(fen) FROM leg WHERE ledger_account =
                    'payable:terminal:' || terminal.number), 0) AS payable_fen
        FROM terminal LEFT JOIN record ON record.terminal = terminal.number
        GROUP BY terminal.number, terminal.name ORDER BY terminal.number
        """)
    return try rows.map { row in
      let number: UInt32 = try row.integer("number")
      let subsidy: Int64 = try row.integer("subsidy_fen")
      let personal: Int64 = try row.integer("personal_fen")
      let payable: Int64 = try row.integer("payable_fen")
      return SettlementReport.TerminalLine(
        terminal: number, name: try row.text("name"), epoch: try row.integer("epoch"),
        lastSequence: try row.integer("last_sequence"),
        lastIntakeMilliseconds: row["last_intake_ms"], records: try row.integer("records"),
        sales: try row.integer("sales"), subsidyFen: subsidy, personalFen: personal,
        payableFen: payable, declines: try row.integer("declines"),
        suspenseRecords: try row.integer("suspense_records"),
        suspenseFen: (try Fen(payable) - Fen(subsidy) - Fen(personal)).value,
        forkRecords: try row.integer("fork_records"),
        flags: flags.filter { $0.terminal == number }.map(\.line))
    }
  }

  private func flagLines(
    _ db: Database
  ) throws -> [(terminal: UInt32, line: SettlementReport.FlagLine)] {
    let rows = try Row.fetchAll(
      db,
      sql: """
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
    _ terminals: [SettlementReport.TerminalLine], _ db: Database
  ) throws -> SettlementReport.Totals {
    let row = try Row.fetchOne(
      db,
      sql: """
        SELECT
          (SELECT COUNT(*) FROM account) AS accounts,
          (SELECT COUNT(*) FROM account WHERE subsidy_fen < 0 OR personal_fen < 0) AS in_debt,
          (SELECT COALESCE(MAX(version), 0) FROM rulebook) AS rulebook,
          COALESCE(SUM(fen) FILTER (WHERE ledger_account = 'funding:import'), 0) AS opening,
          COALESCE(SUM(fen) FILTER (WHERE ledger_account LIKE 'purse:%:subsidy'), 0) AS subsidy,
          COALESCE(SUM(fen) FILTER (WHERE ledger_account LIKE 'purse:%:personal'), 0) AS personal,
          COALESCE(SUM(fen) FILTER (WHERE ledger_account LIKE 'payable:%'), 0) AS payable,
          COALESCE(SUM(fen) FILTER (WHERE ledger_account = 'suspense'), 0) AS suspense
        FROM leg
        """)
    guard let row else { throw StoreError.damaged("the sums cannot be read") }
    return SettlementReport.Totals(
      records: terminals.reduce(0) { $0 + $1.records },
      sales: terminals.reduce(0) { $0 + $1.sales }, accounts: try row.integer("accounts"),
      accountsInDebt: try row.integer("in_debt"), rulebookVersion: try row.integer("rulebook"),
      openingFundingFen: try row.integer("opening"), subsidyBalanceFen: try row.integer("subsidy"),
      personalBalanceFen: try row.integer("personal"), payableFen: try row.integer("payable"),
      suspenseFen: try row.integer("suspense"))
  }

  private func check(_ db: Database) throws -> SettlementReport.Check {
    let row = try Row.fetchOne(
      db,
      sql: """
        SELECT
          (SELECT COALESCE(SUM(fen), 0) FROM leg) AS sum,
          (SELECT COUNT(*) FROM (SELECT entry FROM leg GROUP BY entry HAVING SUM(fen) <> 0))
            AS unbalanced,
          (SELECT COUNT(*) FROM account WHERE
             subsidy_fen <> COALESCE((SELECT SUM(fen) FROM leg
               WHERE ledger_account = 'purse:' || number || ':subsidy'), 0)
             OR personal_fen <> COALESCE((SELECT SUM(fen) FROM leg
               WHERE ledger_account = 'purse:' || number || ':personal'), 0)) AS balances,
          (SELECT COUNT(*) FROM record WHERE standing = 'posted' AND subsidy_fen + personal_fen <>
             COALESCE((SELECT SUM(fen) FROM leg WHERE entry = record.id
               AND ledger_account = 'payable:terminal:' || record.terminal), 0)) AS sales
        """)
    guard let row else { throw StoreError.damaged("the check cannot be read") }
    return SettlementReport.Check(
      sumOfAllLegsFen: try row.integer("sum"), unbalancedEntries: try row.integer("unbalanced"),
      differingBalances: try row.integer("balances"), differingSales: try row.integer("sales"))
  }
}
