import ArgumentParser
import CanteenModel
import Foundation
import SettlementCore
import SettlementStore

/// Who gets how much.
struct RosterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "roster", abstract: "Hand in, approve and give out a unit's quarterly subsidy.",
    subcommands: [Propose.self, Approve.self, Allocate.self, List.self])

  /// Hands a roster in.
  struct Propose: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Hand in who of a unit gets how much of a quarter's money.",
      discussion: """
        Columns: account,name,standard,amount, or 账户,姓名,标准,金额; the name must be the account's. Nobody gets \
        anything until somebody else approves it.
        Example: canteen-settlement roster propose roster.csv --unit 7 --quarter 2026Q4 --by zhang
        """)

    @OptionGroup var settings: SettingsFile
    @OptionGroup var file: ImportFile
    @Option(help: "The unit's number.") var unit: UInt32
    @Option(help: "The quarter, such as 2026Q4.") var quarter: Quarter
    @Option(help: "The number of the appropriation, where a unit has several.") var appropriation =
      ""
    @OptionGroup var person: Person

    func run() async throws {
      RosterCommand.show([
        try await settings.programme(
          .proposeRoster(
            unit: UnitID(unit), quarter: quarter, appropriation: appropriation,
            file: Data(try file.read()), person: person.name))
      ])
    }
  }

  /// Approves one.
  struct Approve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Approve a roster; not whoever handed it in.",
      discussion: "Example: canteen-settlement roster approve 3 --by li")

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The roster's number.") var number: Int64
    @OptionGroup var person: Person

    func run() async throws {
      RosterCommand.show([
        try await settings.programme(.approveRoster(number: number, person: person.name))
      ])
    }
  }

  /// Gives the money out.
  struct Allocate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give the people of an approved roster their money.",
      discussion: """
        From what the unit paid; in advance only where the policy allows it. What somebody overspent before is paid \
        from it first.
        Example: canteen-settlement roster allocate 3 --by wang
        """)

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The roster's number.") var number: Int64
    @Option(help: "The day for which it counts, such as 2026-10-15.") var day = LocalDayArgument
      .today
    @OptionGroup var person: Person

    func run() async throws {
      RosterCommand.show([
        try await settings.programme(.allocate(roster: number, day: day.day, person: person.name))
      ])
    }
  }

  /// Lists them.
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the rosters of a quarter.",
      discussion: "Example: canteen-settlement roster list 2026Q4")

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The quarter, such as 2026Q4.") var quarter: Quarter
    @Flag(help: "Print JSON for scripts.") var json = false

    func run() async throws {
      let rosters: [RosterLine] = try await settings.programme(.rosters(quarter: quarter))
      if json { return try Output.json(rosters) }
      guard !rosters.isEmpty else { return print("\(quarter) has no roster") }
      RosterCommand.show(rosters)
    }
  }

  private static func show(_ rosters: [RosterLine]) {
    Output.table(
      [
        [
          "ROSTER", "UNIT", "QUARTER", "TRANCHE", "PEOPLE", "AMOUNT", "PROPOSED", "APPROVED",
          "GIVEN",
        ]
      ]
        + rosters.map { roster in
          [
            "\(roster.number)", "\(roster.unit)", "\(roster.quarter)", "\(roster.tranche.number)",
            "\(roster.people)", "\(Fen(roster.fen))", roster.proposer, roster.approver ?? "-",
            roster.allocatedMilliseconds.map { Output.time($0) } ?? "-",
          ]
        })
  }
}

/// What becomes of what was not spent.
struct YearEndCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "year-end", abstract: "Try out, and do, the zeroing of a year's subsidy.",
    subcommands: [Preview.self, Close.self])

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
