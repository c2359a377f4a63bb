import ArgumentParser
import CanteenModel
import Foundation
import SettlementService
import SettlementStore

/// The accounts of the diners.
struct AccountsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accounts",
    abstract: "Import accounts, see what moved one, and what a lost card can still spend.",
    subcommands: [Import.self, History.self, Exposure.self])

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

  /// What moved an account.
  struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what moved an account's purses, and what was in them at the end of a day.",
      discussion: """
        Corrections and records that came late stand at the time at which they happened; --known takes away what         was booked later, so that it shows what the books said then. In JSON amounts are fen and days are days         since 1970-01-01.
        Example: canteen-settlement accounts history 10001 --until 2026-10-31 --known 2026-11-05
        """)

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The account's number.") var account: Int64
    @Option(help: "The last day of what happened, such as 2026-10-31.")
    var until = LocalDayArgument.today
    @Option(help: "The last day of what had been booked.") var known = LocalDayArgument.today
    @Flag(help: "Print JSON for scripts.") var json = false

    func run() async throws {
      let history = try await settings.asking {
        try await $0.history(of: AccountID(account), until: until.day, knownOn: known.day)
      }
      if json { return try Output.json(history) }
      let head = [
        "HAPPENED", "BOOKED", "WHAT", "TERMINAL", "RECORD", "SUBSIDY", "PERSONAL", "NOTE",
      ]
      Output.table([head] + history.movements.map(Self.cells))
      print(
        "account \(history.account) \(history.name) at the end of \(CivilDate(day: until.day)): "
          + "\(Fen(history.subsidyFen)) subsidy, \(Fen(history.personalFen)) personal")
    }

    private static func cells(_ movement: AccountHistory.Movement) -> [String] {
      [
        movement.happenedMilliseconds.map(Output.time) ?? "-",
        movement.bookedMilliseconds.map(Output.time) ?? "-", movement.kind,
        movement.terminal.map { "\($0)" } ?? "-", movement.record ?? "-",
        "\(Fen(movement.subsidyFen))", "\(Fen(movement.personalFen))", movement.note ?? "",
      ]
    }
  }

  /// What can still be spent.
  struct Exposure: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Show which terminals do not know yet that an account may not pay, and what it can cost.",
      discussion: """
        A terminal that is reached knows within seconds. One that is cut off goes on approving, up to what \
        the rules let it approve alone; what it approved already is not in these figures.
        Example: canteen-settlement accounts exposure 10001
        """)

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The account's number.") var account: Int64
    @Flag(help: "Print JSON for scripts.") var json = false

    func run() async throws {
      let exposure = try await settings.asking { try await $0.exposure(of: AccountID(account)) }
      if json { return try Output.json(exposure) }
      print(
        "account \(exposure.account) \(exposure.name): \(exposure.status), "
          + "\(Fen(exposure.balanceFen)) left")
      guard !exposure.terminals.isEmpty else {
        return print("every terminal knows that it may not pay: nothing more can be spent")
      }
      let now = Int64(Date.now.timeIntervalSince1970 * 1000)
      Output.table(
        [["TERMINAL", "NAME", "CANTEEN", "ASKED LAST"]]
          + exposure.terminals.map { line in
            [
              "\(line.terminal)", line.name, line.canteen == 0 ? "-" : "\(line.canteen)",
              heard(line, now),
            ]
          })
      let subject =
        exposure.status == "active" ? "terminals let it pay" : "terminals do not know it yet"
      print("\(exposure.terminals.count) \(subject). Together they approve at most")
      print("  \(Fen(exposure.perPeriodFen)) within one meal period")
      print("  \(Fen(exposure.untilBrakeFen)) in \(exposure.brakeHours) hours without the centre")
      print("  \(Fen(exposure.everFen)) however long they are cut off")
    }

    private func heard(_ line: AccountExposure.Line, _ now: Int64) -> String {
      if line.isRevoked { return "shut out: it will not hear of it" }
      guard let time = line.heardMilliseconds else { return "not since the centre was started" }
      return "\(max(0, now - time) / 1000) s ago"
    }
  }
}
