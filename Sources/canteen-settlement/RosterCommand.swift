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
