import ArgumentParser
import CanteenModel
import LocalAPI

/// The newest records.
struct JournalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "journal", abstract: "Show the newest records, newest last, or verify them all.",
    discussion: """
      Example: canteenctl journal --last 50
      Example: canteenctl journal --verify    (exit 1 when something does not fit)
      """, subcommands: [Export.self])

  @OptionGroup var connection: Connection

  @Option(name: .customLong("last"), help: "How many records, 1 to 1000.")
  var limit = 20

  @Flag(help: "Recompute the whole chain and the counters instead; selling goes on.")
  var verify = false

  func validate() throws {
    guard (1...1000).contains(limit) else { throw ValidationError("--last is 1 to 1000") }
  }

  func run() async throws {
    if verify { return try await runVerification() }
    let lines = try await asking { () throws(ControlError) in
      try await connection.terminal.journal(limit: limit)
    }
    if connection.json { return try Output.json(lines) }
    let offset = try await asking { () throws(ControlError) in
      try await connection.terminal.status()
    }.utcOffsetMinutes
    let head = ["SEQ", "TIME", "KIND", "ACCOUNT", "AMOUNT", "WHERE", "SETTLED", "RECORD", "REASON"]
    let rows = lines.reversed().map { line in
      [
        line.position.sequence.description,
        Output.timeOfDay(line.wallMilliseconds, utcOffsetMinutes: offset), line.kind,
        line.account.map { "\($0)" } ?? "-", line.amount.map { "\($0)" } ?? "-",
        line.place ?? "-", line.isSettled ? "yes" : "not yet", String(line.id.prefix(12)),
        line.reason ?? "",
      ]
    }
    Output.table([head] + rows)
  }

  private func runVerification() async throws {
    let report = try await asking { () throws(ControlError) in
      try await connection.terminal.verify()
    }
    if connection.json {
      try Output.json(report)
    } else {
      report.findings.forEach { print($0) }
      report.unchecked.forEach { print("table \($0) not checked: cards kept coming; try later") }
      print("\(report.records) records recomputed, \(report.findings.count) findings")
    }
    if !report.findings.isEmpty { throw ExitCode(1) }
  }
}
