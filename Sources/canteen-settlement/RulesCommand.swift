import ArgumentParser
import SettlementService

/// The rulebook.
struct RulesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules", abstract: "Import the rulebook.", subcommands: [Import.self])

  /// Imports from JSON.
  struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put a rulebook in force; the feed carries it to every terminal.",
      discussion: """
        JSON: version (must rise), legalBasis, utcOffsetMinutes, mealPeriods (number, name, start \
        and end as "11:00", price as "15.00"), spendOrder, singleLimit, salesPerMeal, \
        repeatGuardSeconds.

        Example: canteen-settlement rules import rulebook.json
        """)

    @OptionGroup var settings: SettingsFile
    @OptionGroup var file: ImportFile

    func run() async throws {
      let bytes = try file.read()
      let version = try await settings.asking { try await $0.importRulebook(bytes) }
      print("rulebook \(version) is in force")
    }
  }
}
