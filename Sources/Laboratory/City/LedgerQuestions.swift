import SQLStore

/// Questions to the ledger of a city in SQL of our own: each asks for what must not exist.
struct LedgerQuestions {
  let db: any Database

  /// After every act: money came from somewhere and went somewhere.
  func askZeroSum() throws {
    let sum: Int64 = try db.value("SELECT COALESCE(SUM(fen), 0) FROM leg") ?? 0
    guard sum == 0 else { throw LaboratoryError.broken("all legs sum to \(sum) fen") }
  }

  /// After every quarter: each entry by itself, each sum that the books keep, each line of the bank.
  func askEverything() throws {
    try askZeroSum()
    for (what, sql) in Self.questions {
      let found: [String] = try db.values(sql + " LIMIT 3")
      guard found.isEmpty else {
        throw LaboratoryError.broken("\(what): \(found.joined(separator: "; "))")
      }
    }
  }

  private static let questions = [
    (
      "an entry does not sum to zero",
      "SELECT CAST(MIN(ledger_account) AS TEXT) || ' ' || SUM(fen) FROM leg GROUP BY entry HAVING SUM(fen) <> 0"
    ),
    (
      "what is left of a tranche is not the sum of its legs",
      """
      WITH kept AS (SELECT 'purse:' || account || CASE purse WHEN 1 THEN ':subsidy:' ELSE ':personal:' END
          || tranche AS name, fen FROM tranche),
        added AS (SELECT ledger_account AS name, SUM(fen) AS fen FROM leg
          WHERE ledger_account LIKE 'purse:%' GROUP BY ledger_account),
        both_sides AS (SELECT name, fen FROM kept UNION ALL SELECT name, -fen FROM added)
      SELECT name || ' ' || SUM(fen) FROM both_sides GROUP BY name HAVING SUM(fen) <> 0
      """
    ),
    (
      "a balance is not the sum of its tranches",
      """
      SELECT 'account ' || number FROM account
      LEFT JOIN (SELECT account, SUM(fen) AS fen FROM tranche GROUP BY account) AS held ON held.account = number
      WHERE subsidy_fen + personal_fen <> COALESCE(held.fen, 0)
      """
    ),
    (
      "an account at the bank is not the sum of its lines",
      """
      WITH both_sides AS (SELECT 'bank:' || bank_account AS name, fen FROM bank_line
        UNION ALL SELECT ledger_account, fen FROM leg WHERE ledger_account LIKE 'bank:%')
      SELECT name || ' ' || SUM(fen) FROM both_sides GROUP BY name HAVING SUM(fen) <> 0
      """
    ),
    (
      "what is owed for the sales of a terminal is not what its records say",
      """
      WITH both_sides AS (
        SELECT 'payable:terminal:' || seller AS name, SUM(subsidy_fen + personal_fen) AS fen FROM record
          WHERE kind = 'sale' GROUP BY seller
        UNION ALL SELECT 'payable:terminal:' || correction.seller, SUM(back.subsidy_fen + back.personal_fen)
          FROM correction JOIN record AS back ON back.terminal = correction.terminal AND back.id = correction.id
          GROUP BY correction.seller
        UNION ALL SELECT ledger_account, -SUM(fen) FROM leg
          WHERE ledger_account LIKE 'payable:%' GROUP BY ledger_account
        UNION ALL SELECT ledger_account, SUM(fen) FROM office_entry JOIN leg USING (entry)
          WHERE kind = 'statement' AND ledger_account LIKE 'payable:%' GROUP BY ledger_account)
      SELECT name || ' ' || SUM(fen) FROM both_sides GROUP BY name HAVING SUM(fen) <> 0
      """
    ),
  ]
}
