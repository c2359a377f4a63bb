import ArgumentParser
import CanteenModel
import Foundation
import SettlementCore
import SettlementService
import SettlementStore

/// What becomes of what was not spent.
struct YearEndCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "year-end", abstract: "Try out, and do, the zeroing of a year's subsidy.",
    subcommands: [Preview.self, Close.self, Certificate.self])

  /// Tries it.
  struct Preview: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what closing a year would take, in every variant; it writes nothing.",
      discussion: "Example: canteen-settlement year-end preview 2026")

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The year.") var year: Int
    @Flag(help: "Print JSON for scripts.") var json = false

    func run() async throws {
      let report: YearEndReport = try await settings.programme(.previewYearEnd(year: year))
      if json { return try Output.json(report) }
      YearEndCommand.show(report)
    }
  }

  /// Does it.
  struct Close: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take what is left of a year's subsidy to where the policy says; two people.",
      discussion: """
        Diners' own money stays. Later runs book what terminals handed in after the first one.
        Example: canteen-settlement year-end close 2026 --proposer zhang --approver li
        """)

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The year.") var year: Int
    @OptionGroup var pair: Pair
    @Flag(help: "Print JSON for scripts.") var json = false

    func run() async throws {
      let report: YearEndReport = try await settings.programme(
        .closeYear(year: year, day: LocalDayArgument.today.day, people: try pair.people()))
      if json { return try Output.json(report) }
      YearEndCommand.show(report)
    }
  }

  /// Writes a unit's.
  struct Certificate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write what became of a unit's subsidy of a closed year to a signed file.",
      discussion: """
        canteen-settlement verify reckons it again from the batches of all terminals alone.
        Example: canteen-settlement year-end certificate 7 2026 unit-7-2026.certificate
        """)

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The unit's number.") var unit: UInt32
    @Argument(help: "The year.") var year: Int
    @Argument(help: "The file.", completion: .file()) var path: String

    func run() async throws {
      let file = try await settings.asking {
        try await $0.programme(.certificateFile(unit: UnitID(unit), year: year))
      }
      try Data(file).write(to: URL(filePath: path), options: .atomic)
    }
  }

  private static func show(_ report: YearEndReport) {
    print("\(report.year), run \(report.run): \(report.destination?.rawValue ?? "a trial")\n")
    let rows = report.units.flatMap { unit in
      unit.tranches.map { tranche in
        [
          "\(unit.unit)", unit.name, "\(tranche.quarter)", tranche.appropriation,
          "\(Fen(tranche.receivedFen))", "\(Fen(tranche.givenFen))", "\(Fen(tranche.spentFen))",
          "\(Fen(tranche.takenBeforeFen))", "\(Fen(tranche.takenFen))",
          "\(Fen(tranche.ungivenFen))",
          "\(Fen(tranche.debtFen))",
        ]
      }
    }
    Output.table(
      [
        [
          "UNIT", "NAME", "QUARTER", "APPROPRIATION", "PAID", "GIVEN", "SPENT", "TAKEN BEFORE",
          "TAKEN NOW", "NEVER GIVEN", "DEBT",
        ]
      ] + rows)
    print("")
    for variant in report.variants
    where report.destination == nil || report.destination == variant.destination {
      print("\(variant.destination.rawValue):")
      for (account, fen) in variant.accounts.sorted(by: { $0.key < $1.key }) {
        print("  \(account)  \(Fen(fen))")
      }
    }
  }
}
