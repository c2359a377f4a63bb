package import CanteenModel

extension SettlementReport {
  /// The report as figures. Times are in seconds, amounts in fen; no diner's name is among them.
  package var metrics: MetricsPage {
    var page = MetricsPage()
    page.gauge("canteen_books_records", "Records that were taken.", Int64(totals.records))
    page.gauge("canteen_books_sales", "Sales that were charged.", Int64(totals.sales))
    page.gauge("canteen_books_accounts", "Accounts.", Int64(totals.accounts))
    page.gauge(
      "canteen_books_accounts_in_debt", "Accounts below zero.", Int64(totals.accountsInDebt))
    page.gauge(
      "canteen_books_sum_fen", "The sum of all accounts of the ledger: zero in good books.",
      totals.sumFen)
    page.gauge(
      "canteen_books_suspense_fen", "What nobody could be charged for yet, less than zero.",
      totals.suspenseFen)
    page.gauge(
      "canteen_books_rulebook_version", "The newest rulebook; 0 without one.",
      totals.rulebookVersion)
    for line in terminals {
      page.gauge(
        "canteen_terminal_last_intake_timestamp_seconds",
        "When its last batch came; 0 before the first.",
        (line.lastIntakeMilliseconds ?? 0) / 1000, Self.labels(line))
    }
    for line in terminals {
      page.gauge(
        "canteen_terminal_records", "Records of the terminal that were taken.", Int64(line.records),
        Self.labels(line))
    }
    for line in terminals {
      page.gauge(
        "canteen_terminal_flags", "Kinds of what people must look at.", Int64(line.flags.count),
        Self.labels(line))
    }
    return page
  }

  private static func labels(_ line: TerminalLine) -> [(name: String, value: String)] {
    [("terminal", "\(line.terminal)"), ("name", line.name)]
  }
}
