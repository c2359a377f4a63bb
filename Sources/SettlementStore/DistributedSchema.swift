/// How the tables of the books are spread over the machines of a Citus cluster (DESIGN, section 8): what a terminal hands
/// in by terminal, what a person has by account, entries of the ledger by entry, everything else on every machine.
///
/// It is run once, on books that are new. Source: Citus 12, "Table management"; a key of a distributed table has its
/// distribution column in it, and a foreign key stays on one machine or leads to a table that is on all of them.
package enum DistributedSchema {
  /// Tables that lie together, each with the column by which its rows are spread; the first one leads.
  static let groups: [[(table: String, column: String)]] = [
    [("terminal", "number")]
      + [
        "key_rotation", "join_token", "certificate", "chain", "epoch_grant", "tally", "intake",
        "flag", "evidence", "record", "correction", "hold", "hold_part", "hold_use", "witness",
        "terminal_place", "quarter_line", "quarter_head", "quarter_place", "suspense_resolution",
      ].map { ($0, "terminal") },
    [("account", "number")]
      + ["tranche", "included", "membership", "roster_line", "year_end_line"].map {
        ($0, "account")
      },
    [("leg", "entry"), ("office_entry", "entry")],
  ]

  /// Tables that every machine has whole, those that others refer to first.
  static let everywhere = [
    "region", "unit", "caterer", "canteen", "canteen_term", "ticket", "holder_type", "survey",
    "policy", "calendar_exception", "tranche_origin", "own_bank_account", "bank_line", "roster",
    "office_balance", "quarter_close", "evaluation", "evaluation_finding", "statement",
    "payment_order",
    "payment_order_line", "year_end", "official_meal", "item", "credential", "rulebook",
    "unit_rules",
    "canteen_rulebook", "feed",
    "person", "person_grant", "session", "proposal",
    "audit", "upload", "upload_part",
  ]

  /// What only one machine could watch over, by table: versions of accounts are unique because the feed's one counter
  /// gives them, and the account of a card or of an official meal is looked up before it is bound.
  static let unwatched = [
    (table: "account", constraint: "account_version_key"),
    (table: "credential", constraint: "credential_account_fkey"),
    (table: "official_meal", constraint: "official_meal_account_fkey"),
  ]

  /// The statements in their order, for `psql` on the coordinator.
  package static var statements: [String] {
    let dropped = unwatched.map { "ALTER TABLE \($0.table) DROP CONSTRAINT \($0.constraint)" }
    let whole = everywhere.map { "SELECT create_reference_table('\($0)')" }
    let spread = groups.flatMap { group in
      group.enumerated().map { place, row in
        let together = place == 0 ? "" : ", colocate_with => '\(group[0].table)'"
        return "SELECT create_distributed_table('\(row.table)', '\(row.column)'\(together))"
      }
    }
    return dropped + whole + spread
  }
}
