import ArgumentParser
import SettlementService
import SettlementStore

/// The dishes and goods.
struct ItemsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "items", abstract: "Import dishes and goods.", subcommands: [Import.self])

  /// Imports from CSV.
  struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Import dishes and goods from a CSV file, all of it or nothing.",
      discussion: """
        Columns, in any order, named by the first row: code,name,category,price,ceiling. Category 0 \
        is a dish, others are the supermarket's; ceiling is the registered price of the city's \
        malls, or empty; a price of 0 takes an item from sale.

        Example of a row: 5001,香皂,2,4.50,5.00
        Example: canteen-settlement items import items.csv
        """)

    @OptionGroup var settings: SettingsFile
    @OptionGroup var file: ImportFile

    func run() async throws {
      let bytes = try file.read()
      let outcome = try await settings.asking { try await $0.importItems(bytes) }
      print("\(outcome.added) added, \(outcome.changed) changed, \(outcome.unchanged) unchanged")
    }
  }
}
