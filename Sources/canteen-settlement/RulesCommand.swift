import ArgumentParser
import CanteenModel
import Foundation
import SettlementCore
import SettlementService
import SettlementStore

/// The rulebook.
struct RulesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules",
    abstract: "Sign a rulebook, set a unit's own rules, or show those that were signed.",
    subcommands: [Sign.self, Show.self, Unit.self, Units.self, Terminals.self])

  /// Signs what is in a JSON file.
  struct Sign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Show what a rulebook can cost, ask, and sign it; the feed carries it to every terminal.",
      discussion: """
        JSON: version (must rise), legalBasis, utcOffsetMinutes, mealPeriods (number, name, start \
        and end as "11:00", price as "15.00"), spendOrder, singleLimit, salesPerMeal, \
        repeatGuardSeconds; docs/rules.md names the others.

        Before it asks, it shows what is different, which units' rules would not fit any more, how the swipes of \
        the last month would have ended otherwise, by canteen, and the worst case: what can be lost when \
        every terminal is cut off from the centre and every diner uses every one of them.

        Example: canteen-settlement rules sign rulebook.json
        """)

    @OptionGroup var settings: SettingsFile
    @OptionGroup var file: ImportFile
    @Flag(help: "Do not ask.") var yes = false

    func run() async throws {
      let bytes = try file.read()
      let preview = try await settings.asking { try await $0.previewRulebook(bytes) }
      RulesOutput.show(preview)
      guard yes || RulesOutput.isConfirmed() else {
        print("not signed; the rulebook before it stays in force")
        throw ExitCode.failure
      }
      let version = try await settings.asking { try await $0.signRulebook(bytes) }
      print("rulebook \(version) is signed and goes to every terminal")
    }
  }

  /// Prints them.
  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Print the rulebook in force and those that are yet to come, as JSON, amounts in fen.",
      discussion: "Example: canteen-settlement rules show")

    @OptionGroup var settings: SettingsFile

    func run() async throws {
      try Output.json(try await settings.asking { try await $0.rulebooks() })
    }
  }
}
