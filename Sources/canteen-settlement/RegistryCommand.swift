import ArgumentParser
import CanteenModel
import Foundation
import SettlementCore
import SettlementService
import SettlementStore

/// The names of the lists, for help texts.
private let lists = RegistryList.all.map(\.name).joined(separator: ", ")

/// Who takes part in the programme.
struct RegistryCommand: AsyncParsableCommand {

  static let configuration = CommandConfiguration(
    commandName: "registry",
    abstract: "Import and export regions, units, caterers, canteens, people and the calendar.",
    discussion: """
      The lists, in the order in which they are filled: \(lists). The first row of a file names the columns, in \
      Chinese or English; an export shows them.
      """,
    subcommands: [Import.self, Export.self])

  /// Imports one list.
  struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Import one list from a CSV file, all of it or nothing.",
      discussion: """
        The same file twice changes nothing; rows that are not in the file stay.
        Example: canteen-settlement registry import units units.csv
        """)

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The list: \(lists).") var list: String
    @OptionGroup var file: ImportFile

    func run() async throws {
      let outcome: ImportOutcome = try await settings.programme(
        .importList(name: list, file: Data(try file.read())))
      print("\(outcome.added) added, \(outcome.changed) changed, \(outcome.unchanged) unchanged")
    }
  }

  /// Prints one list.
  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print one list as a CSV file.",
      discussion: """
        Example, the city-wide list of canteens: canteen-settlement registry export canteens >canteens.csv
        """)

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The list: \(lists).") var list: String

    func run() async throws {
      let file = try await settings.asking { try await $0.programme(.exportList(name: list)) }
      FileHandle.standardOutput.write(Data(file))
    }
  }
}

/// The numbers by which the centre funds and settles.
struct PolicyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy", abstract: "Set and show deadline, fund path, fee, evaluation, year end.",
    subcommands: [Set.self, Show.self])

  /// Puts a policy into force.
  struct Set: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put a policy into force from its first day on.",
      discussion: """
        The file: {"version": 1, "legalBasis": "株机管发〔2026〕3号", "effectiveFrom": "2027-01-01", "funding": \
        {"deadlineDay": 10, "rollsToWorkingDay": true, "path": "viaBureau", "allowsAdvance": false}, "fee": \
        {"rateBasisPoints": 50, "base": "grossAfterReversal", "exemptsSelfRun": true}, "evaluation": "none", \
        "yearEnd": {"residualTo": "unit", "graceDays": 10}}. Without residualTo no year is closed: unit, \
        treasury or treasuryClaimable.
        Example: canteen-settlement policy set policy.json --proposer zhang --approver li
        """)

    @OptionGroup var settings: SettingsFile
    @OptionGroup var file: ImportFile
    @OptionGroup var pair: Pair

    func run() async throws {
      PolicyCommand.show(
        try await settings.programme(
          .setPolicy(file: Data(try file.read()), people: try pair.people())))
    }
  }

  /// Shows what is in force.
  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the policy of a day.",
      discussion: "Example: canteen-settlement policy show --day 2027-01-01")

    @OptionGroup var settings: SettingsFile
    @Option(help: "The day, such as 2027-01-01.") var day = LocalDayArgument.today
    @Flag(help: "Print JSON for scripts.") var json = false

    func run() async throws {
      let policy: ProgrammePolicy = try await settings.programme(.policy(day: day.day))
      if json { return try Output.json(policy) }
      PolicyCommand.show(policy)
    }
  }

  private static func show(_ policy: ProgrammePolicy) {
    let (funding, fee, yearEnd) = (policy.funding, policy.fee, policy.yearEnd)
    Output.table([
      ["version", "\(policy.version), from \(CivilDate(day: policy.effectiveFromDay)) on"],
      ["legal basis", policy.legalBasis],
      [
        "units pay by",
        "day \(funding.deadlineDay) of a quarter"
          + (funding.rollsToWorkingDay ? ", or the next working day" : ""),
      ],
      ["fund path", funding.path.rawValue],
      ["advances", funding.allowsAdvance ? "allowed" : "not allowed"],
      [
        "fee",
        "\(fee.rateBasisPoints) basis points of \(fee.base.rawValue)"
          + (fee.exemptsSelfRun ? ", self-run canteens pay none" : ""),
      ],
      ["evaluation", policy.evaluation.rawValue],
      [
        "year end",
        (yearEnd.residualTo?.rawValue ?? "nobody has decided where the rest goes")
          + ", \(yearEnd.graceDays) days of grace",
      ],
    ])
  }
}
