import ArgumentParser
import CanteenModel
import Foundation
import SettlementCore
import SettlementService
import SettlementStore

/// What the bank says of the programme's accounts.
struct BankCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bank", abstract: "Import the bank's lines, and say what they are for.",
    subcommands: [Import.self, Unmatched.self, Match.self])

  /// Imports lines.
  struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Import the lines of one account from a CSV file, all of it or nothing.",
      discussion: """
        Accounts: bureau, income, spending. Columns: reference,day,amount,counterparty,note, or \
        流水号,日期,金额,对方账号,附言; amounts are yuan, less than zero went out. A unit's payment names its quarter \
        in the note: 2026Q4 or 2026年第四季度. The same line twice is one; what nobody knows is held.
        Example: canteen-settlement bank import bureau october.csv --by wang
        """)

    @OptionGroup var settings: SettingsFile
    @Argument(help: "bureau, income or spending.") var account: BankAccount
    @OptionGroup var file: ImportFile
    @OptionGroup var person: Person

    func run() async throws {
      let outcome: BankImport = try await settings.programme(
        .importBank(account: account, file: Data(try file.read()), person: person.name))
      print(
        "\(outcome.added) added, \(outcome.unchanged) unchanged, \(outcome.unmatched) of them unmatched"
      )
      if outcome.unmatched > 0 { print("see: canteen-settlement bank unmatched") }
    }
  }

  /// Lists what is held.
  struct Unmatched: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the lines of which nobody has said what they are for.",
      discussion: "Example: canteen-settlement bank unmatched --json")

    @OptionGroup var settings: SettingsFile
    @Flag(help: "Print JSON for scripts.") var json = false

    func run() async throws {
      let lines: [UnmatchedLine] = try await settings.programme(.unmatchedLines)
      if json { return try Output.json(lines) }
      guard !lines.isEmpty else { return print("every line has its purpose") }
      Output.table(
        [["ACCOUNT", "REFERENCE", "DAY", "AMOUNT", "COUNTERPARTY", "NOTE"]]
          + lines.map { line in
            [
              line.account.rawValue, line.reference, "\(CivilDate(day: line.day))",
              "\(Fen(line.fen))", line.counterparty, line.note,
            ]
          })
    }
  }

  /// Says what a line is for.
  struct Match: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Say what a held line is for; two people.",
      discussion: """
        Purposes: funded:TRANCHE (a unit's payment; see roster list), ordered:CATERER, purse:ACCOUNT:personal:0 (a \
        top-up), transit:bureauToIncome, transit:incomeToSpending, returned:UNIT, treasury, claimable:UNIT, fee.
        Example: canteen-settlement bank match bureau A1 funded:3 --proposer zhang --approver li
        """)

    @OptionGroup var settings: SettingsFile
    @Argument(help: "bureau, income or spending.") var account: BankAccount
    @Argument(help: "The bank's number of the line.") var reference: String
    @Argument(help: "What it is for.") var purpose: String
    @OptionGroup var pair: Pair

    func run() async throws {
      let people = try pair.people()
      _ = try await settings.asking {
        try await $0.programme(
          .match(account: account, reference: reference, purpose: purpose, people: people))
      }
      print("\(reference) is booked against \(purpose)")
    }
  }
}

/// Who has paid.
struct FundingCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "funding", abstract: "Show which units paid for a quarter, and who is late.",
    discussion: """
      Exit code 1 when a unit is late.
      Example: canteen-settlement funding 2026Q4
      """)

  @OptionGroup var settings: SettingsFile
  @Argument(help: "The quarter, such as 2026Q4.") var quarter: Quarter
  @Option(help: "As of this day, such as 2026-10-15.") var day = LocalDayArgument.today
  @Flag(help: "Print JSON for scripts.") var json = false

  func run() async throws {
    let board: FundingBoard = try await settings.programme(
      .fundingBoard(quarter: quarter, day: day.day))
    if json { try Output.json(board) } else { show(board) }
    if board.units.contains(where: \.isLate) { throw ExitCode.failure }
  }

  private func show(_ board: FundingBoard) {
    print("\(board.quarter), to be paid by \(CivilDate(day: board.deadline))\n")
    Output.table(
      [["UNIT", "NAME", "DUE", "PAID", "GIVEN", "LAST PAYMENT", "STATE"]]
        + board.units.map { unit in
          [
            "\(unit.unit)", unit.name, "\(Fen(unit.dueFen))", "\(Fen(unit.receivedFen))",
            "\(Fen(unit.givenFen))",
            unit.lastPaymentDay.map { "\(CivilDate(day: $0))" } ?? "-", state(of: unit),
          ]
        })
    for (name, amounts) in [("on its way", board.underwayFen), ("unmatched", board.unmatchedFen)] {
      for (account, fen) in amounts.sorted(by: { $0.key < $1.key }) where fen != 0 {
        print("\(name), \(account): \(Fen(fen))")
      }
    }
  }

  private func state(of unit: FundingBoard.Line) -> String {
    if unit.isLate { return "LATE" }
    if unit.dueFen == 0 { return "no approved roster" }
    return unit.receivedFen < unit.dueFen ? "awaited" : "paid"
  }
}
