import ArgumentParser
import SettlementStore

/// Prints what an administrator of the database runs.
struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Print the statements that spread the tables of the books over a Citus cluster.",
    discussion: """
      Create the books first (canteen-settlement check --store postgres://…), then run the statements once, before \
      anything is in them. A test holds them against the keys of the tables on PostgreSQL; on Citus itself they were \
      never run.
      Example: canteen-settlement schema --distributed | psql postgres://coordinator.example.org/canteen
      """)

  @Flag(help: "By terminal, account and entry.") var distributed = false

  func validate() throws {
    guard distributed else { throw ValidationError("say --distributed: there is nothing else yet") }
  }

  func run() {
    for statement in DistributedSchema.statements { print("\(statement);") }
  }
}
