import ArgumentParser
import CanteenModel
import Foundation
import SettlementCore
import SettlementService
import SettlementStore

/// The rulebook.
struct RulesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules", abstract: "Sign a rulebook, or show those that were signed.",
    subcommands: [Sign.self, Show.self])

  /// Signs what is in a JSON file.
  struct Sign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Show what a rulebook can cost, ask, and sign it; the feed carries it to every terminal.",
      discussion: """
        JSON: version (must rise), legalBasis, utcOffsetMinutes, mealPeriods (number, name, start \
        and end as "11:00", price as "15.00"), spendOrder, singleLimit, salesPerMeal, \
        repeatGuardSeconds; docs/rules.md names the others.

        The worst case is what can be lost when every terminal is cut off from the centre and every \
        diner uses every one of them.

        Example: canteen-settlement rules sign rulebook.json
        """)

    @OptionGroup var settings: SettingsFile
    @OptionGroup var file: ImportFile
    @Flag(help: "Do not ask.") var yes = false

    func run() async throws {
      let bytes = try file.read()
      let preview = try await settings.asking { try await $0.previewRulebook(bytes) }
      show(preview)
      guard yes || isConfirmed() else {
        print("not signed; the rulebook before it stays in force")
        throw ExitCode.failure
      }
      let version = try await settings.asking { try await $0.signRulebook(bytes) }
      print("rulebook \(version) is signed and goes to every terminal")
    }

    private func show(_ preview: RulesPreview) {
      let (new, old) = (preview.proposed, preview.inForce)
      print("rulebook \(preview.version), \(preview.legalBasis)")
      print("worst case with \(new.accounts) accounts, terminals cut off: \(new.terminals)\n")
      func row(_ title: String, _ figure: KeyPath<WorstCase, Fen>) -> [String] {
        [title, old.map { "\($0[keyPath: figure])" } ?? "-", "\(new[keyPath: figure])"]
      }
      Output.table([
        ["", preview.inForceVersion.map { "IN FORCE (\($0))" } ?? "IN FORCE (none)", "NEW"],
        row("in one meal period", \.perPeriod),
        row("until the brake (\(new.brakeHours) h)", \.untilBrake),
        row("however long it lasts", \.ever),
      ])
      if let old, new.perPeriod > old.perPeriod || new.untilBrake > old.untilBrake {
        print("\nthis LOOSENS the rules")
      }
      print("")
    }

    /// Asks whoever sits there; nobody there is no consent.
    private func isConfirmed() -> Bool {
      guard isatty(FileHandle.standardInput.fileDescriptor) == 1 else {
        print("nobody can be asked here: --yes signs without asking")
        return false
      }
      print("sign it? [y/N] ", terminator: "")
      fflush(nil)
      return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
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
