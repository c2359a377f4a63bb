import ArgumentParser
import CanteenModel
import Foundation
import SettlementCore
import SettlementStore

/// Where.
struct CanteenOption: ParsableArguments {
  @Option(name: .customLong("canteen"), help: "Only this canteen, by its number.")
  var number: UInt32?

  var canteen: CanteenID? { number.map { CanteenID($0) } }
}

extension RulesCommand {
  /// Sets what a unit may set.
  struct Unit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what a unit's own rules for a canteen change, ask, and set them.",
      discussion: """
        JSON: legalBasis, effectiveFrom, and what of it is to be another way than in the city's rulebook: mealPeriods \
        (number, and start, end, price, or "served": false), prices, visitorPricing, singleLimit, dailyLimit, \
        salesPerMeal, guestsPerMeal, offline (home, alone, approvals). What units may set, the policy says \
        (unitRules); docs/rules.md has it all. A file with nothing of it gives the canteen the city's rules again.

        Example: canteen-settlement rules unit 3 rules.json --proposer zhou --approver zheng
        """)

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The canteen's number.") var canteen: UInt32
    @OptionGroup var file: ImportFile
    @OptionGroup var pair: Pair
    @Flag(help: "Do not ask.") var yes = false

    func run() async throws {
      let (bytes, people) = (Data(try file.read()), try pair.people())
      let preview = try await settings.programme(
        .previewUnitRules(canteen: CanteenID(canteen), file: bytes), as: UnitRulesPreview.self)
      RulesOutput.show(preview)
      guard yes || RulesOutput.isConfirmed() else {
        print("not set; the rules before them stay in force")
        throw ExitCode.failure
      }
      let change = try await settings.programme(
        .setUnitRules(canteen: CanteenID(canteen), file: bytes, people: people),
        as: UnitRulesChange.self)
      print(
        "rules \(change.rules.revision) of canteen \(canteen) are signed for "
          + "\(CivilDate(day: change.rules.effectiveFromDay)) and go to its terminals")
    }
  }

  /// Lists them.
  struct Units: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List what units set for their canteens, and which of it is suspended.",
      discussion: "Example: canteen-settlement rules units --canteen 3")

    @OptionGroup var settings: SettingsFile
    @OptionGroup var chosen: CanteenOption
    @Flag(help: "Print JSON for scripts.") var json = false

    func run() async throws {
      let lines = try await settings.programme(
        .unitRules(canteen: chosen.canteen), as: [UnitRulesLine].self)
      if json { return try Output.json(lines) }
      Output.table(
        [["CANTEEN", "REVISION", "FROM", "BASIS", "BY", "STANDING"]]
          + lines.map { line in
            [
              "\(line.rules.canteen.number)", "\(line.rules.revision)",
              "\(CivilDate(day: line.rules.effectiveFromDay))", line.rules.legalBasis,
              line.people.names.joined(separator: " and "),
              ([line.standing.rawValue] + line.suspended).joined(separator: "; "),
            ]
          })
    }
  }

  /// Says who has which.
  struct Terminals: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List which terminal has which rulebook, and which one waits for it.",
      discussion: """
        Exit code 1 when one has not the newest. A terminal that has not asked since the centre was started has none.
        Example: canteen-settlement rules terminals
        """)

    @OptionGroup var settings: SettingsFile
    @OptionGroup var chosen: CanteenOption
    @Flag(help: "Print JSON for scripts.") var json = false

    func run() async throws {
      let lines = try await settings.programme(
        .terminalRules(canteen: chosen.canteen), as: [TerminalRules].self)
      if json {
        try Output.json(lines)
      } else {
        Output.table(
          [["TERMINAL", "NAME", "CANTEEN", "HAS", "NEWEST", "HEARD"]]
            + lines.map { line in
              [
                "\(line.terminal)", line.name, "\(line.canteen)",
                line.version.map { "\($0)" } ?? "-", "\(line.newest)",
                line.heardMilliseconds.map { Output.time($0) } ?? "-",
              ]
            })
      }
      guard lines.allSatisfy(\.isCurrent) else { throw ExitCode.failure }
    }
  }
}
