import ArgumentParser
import CanteenModel
import SettlementService
import SettlementStore

/// The records of one terminal, as the centre holds them.
struct RecordsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "records", abstract: "List a terminal's newest records, newest last.",
    discussion: "Example: canteen-settlement records 3 --last 50")

  @OptionGroup var settings: SettingsFile
  @Argument(help: "The terminal's number.") var terminal: UInt32
  @Option(name: .customLong("last"), help: "How many records, 1 to 100000.")
  var limit = RecordLimit.standard
  @Flag(help: "Print JSON for scripts.") var json = false

  func validate() throws {
    guard (1...RecordLimit.most).contains(limit) else {
      throw ValidationError("--last is 1 to \(RecordLimit.most)")
    }
  }

  func run() async throws {
    let lines = try await settings.asking {
      try await $0.records(of: TerminalID(terminal), limit: limit)
    }
    if json { return try Output.json(lines) }
    let head = [
      "RECORD", "ID", "TIME", "KIND", "ACCOUNT", "SUBSIDY", "PERSONAL", "POSTING", "NOTE",
    ]
    Output.table([head] + lines.map(cells))
  }

  private func cells(_ line: RecordLine) -> [String] {
    let isSale = line.kind == "sale"
    let decline = line.declineReason.flatMap(DeclineReason.init(rawValue:))
    let notes = [
      decline.map { "\($0.code) \($0.english)" }, line.suspenseReason, line.isFork ? "fork" : nil,
    ]
    return [
      "\(line.epoch)/\(line.sequence)", String(line.id.prefix(12)),
      line.wallMilliseconds.map(Output.time) ?? "-", line.kind,
      line.account.map { "\($0)" } ?? "-", isSale ? "\(Fen(line.subsidyFen))" : "-",
      isSale ? "\(Fen(line.personalFen))" : "-", line.standing,
      notes.compactMap(\.self).joined(separator: ", "),
    ]
  }
}
