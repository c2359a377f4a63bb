import ArgumentParser

/// The centre: what the service and its operator type.
@main
struct CanteenSettlement: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "canteen-settlement",
    abstract: "Settles what canteen terminals sold: every record once, every fen provable.",
    discussion: """
      Settings come from the environment, then from the file, then from defaults. The file is \
      JSON: {"canteen": {"settlement": {"listen": "127.0.0.1:8700"}}}; the same setting in the \
      environment is CANTEEN_SETTLEMENT_LISTEN=127.0.0.1:8700. The others there: STATE_DIRECTORY, \
      SOCKET, URL, PULL_INTERVAL_SECONDS, PULL_CONCURRENCY, OFFICE_LISTEN, OFFICE_HOSTS.

      A first day: key, terminal add, accounts import, rules sign, serve, report, check. The programme's \
      money: registry import, policy set, roster propose, bank import, roster approve, roster allocate, \
      funding, year-end.
      While the service runs, the other commands ask it through its socket.

      Exit codes: 0 done; 1 refused; 64 a wrong command line; 75 the books failed, start again.
      """,
    subcommands: [
      ServeCommand.self, KeyCommand.self, TerminalCommand.self, AccountsCommand.self,
      ItemsCommand.self,
      RulesCommand.self, ReportCommand.self, MetricsCommand.self, CheckCommand.self,
      RecordsCommand.self,
      HoldsCommand.self, BatchesCommand.self, RegistryCommand.self, PolicyCommand.self,
      BankCommand.self, RosterCommand.self, FundingCommand.self, EvaluationCommand.self,
      StatementCommand.self, YearEndCommand.self, VerifyCommand.self,
      PersonCommand.self, AuditCommand.self, AccessCommand.self, SchemaCommand.self,
    ])
}
