import ArgumentParser
import SettlementService
import SettlementStore

/// The accounts of the diners.
struct AccountsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accounts", abstract: "Import accounts.", subcommands: [Import.self])

  /// Imports from CSV.
  struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Import accounts from a CSV file, all of it or nothing.",
      discussion: """
        Columns, in any order, named by the first row: \
        account,name,unit,status,subsidy,personal,cards. status is active, lost or closed; amounts \
        are yuan; cards are serials in hex, separated by semicolons. Where they are needed: category \
        (a number), home (the own unit's canteen), tranche and until (what the subsidy belongs to, \
        and its last spending day, 2026-12-31). The same file twice changes nothing; an opening \
        balance is booked once.

        Example of a row: 10001,王小明,机关事务局,active,200.00,50.00,04A1B2C3D4E580
        Example: canteen-settlement accounts import accounts.csv
        """)

    @OptionGroup var settings: SettingsFile
    @OptionGroup var file: ImportFile

    func run() async throws {
      let bytes = try file.read()
      let outcome = try await settings.asking { try await $0.importAccounts(bytes) }
      print("\(outcome.added) added, \(outcome.changed) changed, \(outcome.unchanged) unchanged")
    }
  }
}
