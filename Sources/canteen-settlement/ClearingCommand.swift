import ArgumentParser
import CanteenModel
import SettlementService
import SettlementStore

/// Who ate where.
struct ClearingCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clearing",
    abstract: "Show who ate where in a closed quarter, and what stands between the units.",
    discussion: """
      By day, the diners' unit and the canteen's, late records too. In JSON the days are days since 1970-01-01 and \
      the amounts fen.
      Example: canteen-settlement statement clearing 2026Q4
      """)

  @OptionGroup var settings: SettingsFile
  @OptionGroup var chosen: QuarterArgument
  @Flag(help: "Print JSON for scripts.") var json = false

  func run() async throws {
    let lines = try await settings.asking { try await $0.clearing(of: chosen.quarter) }
    if json { return try Output.json(lines) }
    Output.table(
      [["DAY", "DINERS OF", "IN CANTEENS OF", "SALES", "AMOUNT"]]
        + lines.map { line in
          [
            "\(CivilDate(day: line.day))", line.home.map { "\($0)" } ?? "no unit", "\(line.host)",
            "\(line.sales)", "\(line.amount)",
          ]
        })
    print("")
    Output.table(
      [["UNIT", "ATE ELSEWHERE", "HOSTED", "NET"]]
        + (try lines.positions()).map { position in
          [
            "\(position.unit)", "\(position.ateElsewhere)", "\(position.hosted)",
            "\(position.net)",
          ]
        })
  }
}
