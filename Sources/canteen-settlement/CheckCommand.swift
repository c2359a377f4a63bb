import ArgumentParser
import SettlementService
import SettlementStore

/// The proof of the sums.
struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Prove the books: add up every leg and every record.",
    discussion: """
      Exit code 1 when something differs. Batches are taken meanwhile.
      Example: canteen-settlement check --json
      """)

  @OptionGroup var settings: SettingsFile
  @Flag(help: "Print JSON for scripts.") var json = false

  func run() async throws {
    let check = try await settings.asking { try await $0.check() }
    if json { try Output.json(check) } else { show(check) }
    guard check.isGood else { throw ExitCode.failure }
  }

  private func show(_ check: BooksCheck) {
    Output.table([
      ["entries that do not sum to zero", "\(check.unbalancedEntries)"],
      ["balances that are not their legs", "\(check.differingBalances)"],
      ["sales that are not posted as made", "\(check.differingSales)"],
      ["terminals that the report shows wrong", "\(check.differingTerminals)"],
      ["holds that are not what sales took", "\(check.differingHolds)"],
      ["accounts that are not what people booked", "\(check.differingOfficeBalances)"],
      ["sum of all legs, in fen", "\(check.sumOfAllLegsFen)"],
    ])
    print(
      "\n\(check.records) records; books "
        + (check.isGood ? "good" : "WRONG: keep a copy of the state directory and call for help"))
  }
}
