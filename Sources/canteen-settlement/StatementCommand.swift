import ArgumentParser
import CanteenModel
import Foundation
import SettlementCore
import SettlementService
import SettlementStore

/// Which quarter.
struct QuarterArgument: ParsableArguments {
  @Argument(
    help: "As in 2026Q4.",
    transform: { text in
      guard let quarter = Quarter(text) else {
        throw ValidationError("\(text) is no quarter: write it as 2026Q4")
      }
      return quarter
    })
  var quarter: Quarter
}

/// The quarter's statements.
struct StatementCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "statement",
    abstract: "Close a quarter, draft, approve and export what canteens are paid.",
    discussion: """
      First evaluation import, for units that judge their caterers; then close, draft, approve, pay; \
      clearing says who ate where. \
      canteen-settlement verify reckons an exported statement again from batches alone.
      """,
    subcommands: [
      Close.self, Draft.self, List.self, Approve.self, Show.self, Export.self, Pay.self,
      Payments.self,
      ClearingCommand.self,
    ])

  /// Draws the line under a quarter.
  struct Close: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Close a quarter: what terminals hand in later goes to the next one's statements.",
      discussion:
        "Example: canteen-settlement statement close 2026Q4 --proposer zhao --approver qian")

    @OptionGroup var settings: SettingsFile
    @OptionGroup var chosen: QuarterArgument
    @OptionGroup var pair: Pair

    func run() async throws {
      let two = try pair.people()
      let close = try await settings.asking { try await $0.close(chosen.quarter, by: two) }
      print(
        "\(chosen.quarter) was closed at \(Output.time(close.closedMilliseconds)) by "
          + "\(close.people.proposer) and \(close.people.approver)")
    }
  }

  /// Makes drafts.
  struct Draft: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make the statements of a closed quarter; those that are approved stay.",
      discussion: """
        As often as you like: the same books give the same bytes. Exit code 1 when a canteen gets none; the \
        reason is said.
        Example: canteen-settlement statement draft 2026Q4
        """)

    @OptionGroup var settings: SettingsFile
    @OptionGroup var chosen: QuarterArgument
    @Flag(help: "Print JSON for scripts.") var json = false

    func run() async throws {
      let drafts = try await settings.asking { try await $0.draftStatements(of: chosen.quarter) }
      if json { try Output.json(drafts) } else { StatementCommand.show(drafts) }
      if drafts.contains(where: { $0.fault != nil }) { throw ExitCode.failure }
    }
  }

  /// Lists statements and drafts.
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List a quarter's statements and drafts.",
      discussion: "Example: canteen-settlement statement list 2026Q4")

    @OptionGroup var settings: SettingsFile
    @OptionGroup var chosen: QuarterArgument
    @Flag(help: "Print JSON for scripts.") var json = false

    func run() async throws {
      let statements = try await settings.asking { try await $0.statements(of: chosen.quarter) }
      if json { try Output.json(statements) } else { StatementCommand.show(statements) }
    }
  }

  /// Approves one.
  struct Approve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Approve a draft: sign it and book it, once.",
      discussion: """
        The digest is what draft printed: nobody approves what they did not see.
        Example: canteen-settlement statement approve 2026Q4 3 DIGEST --proposer zhao --approver qian
        """)

    @OptionGroup var settings: SettingsFile
    @OptionGroup var chosen: QuarterArgument
    @Argument(help: "The canteen's number.") var canteen: UInt32
    @Argument(help: "The draft's digest: 64 hexadecimal digits.") var digest: String
    @OptionGroup var pair: Pair

    func run() async throws {
      guard let seen = Hexadecimal.bytes(digest).flatMap({ Digest32($0) }) else {
        throw ValidationError("the digest has 64 hexadecimal digits")
      }
      let two = try pair.people()
      let statement = try await settings.asking {
        try await $0.approveStatement(of: chosen.quarter, canteen: canteen, digest: seen, by: two)
      }
      StatementCommand.show([statement])
    }
  }

  /// Prints one.
  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print a statement or a draft: its document, as JSON, amounts in fen.",
      discussion: "Example: canteen-settlement statement show 2026Q4 3")

    @OptionGroup var settings: SettingsFile
    @OptionGroup var chosen: QuarterArgument
    @Argument(help: "The canteen's number.") var canteen: UInt32

    func run() async throws {
      let document = try await settings.asking {
        try await $0.statementDocument(of: chosen.quarter, canteen: canteen)
      }
      print(String(decoding: document, as: UTF8.self))
    }
  }

  /// Writes one to a file.
  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write an approved statement with the centre's signature to a file.",
      discussion:
        "Example: canteen-settlement statement export 2026Q4 3 canteen-3-2026Q4.statement")

    @OptionGroup var settings: SettingsFile
    @OptionGroup var chosen: QuarterArgument
    @Argument(help: "The canteen's number.") var canteen: UInt32
    @Argument(help: "The file.", completion: .file()) var path: String

    func run() async throws {
      let file = try await settings.asking {
        try await $0.statementFile(of: chosen.quarter, canteen: canteen)
      }
      try file.write(to: URL(filePath: path), options: .atomic)
    }
  }

  /// Orders what is owed.
  struct Pay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Order what approved statements owe to caterers, each fen once.",
      discussion: """
        What an earlier order asked for, or the bank has paid, is not in it. Then print the bank's file: \
        statement payments NUMBER.
        Example: canteen-settlement statement pay --proposer zhao --approver qian
        """)

    @OptionGroup var settings: SettingsFile
    @OptionGroup var pair: Pair

    func run() async throws {
      let people = try pair.people()
      let order = try await settings.asking { try await $0.orderPayments(by: people) }
      try StatementCommand.show([order])
    }
  }

  /// Lists orders, or writes the file for the bank.
  struct Payments: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "List the payment orders, or print one for the bank: CSV, one row for each caterer.",
      discussion: "Example: canteen-settlement statement payments 1 > payments.csv")

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The order whose file is printed; none: all are listed.") var number: Int64?
    @Flag(help: "Print the list as JSON for scripts.") var json = false

    func run() async throws {
      guard let number else {
        let orders = try await settings.asking { try await $0.paymentOrders() }
        return json ? try Output.json(orders) : try StatementCommand.show(orders)
      }
      let file = try await settings.asking { try await $0.paymentFile(of: number) }
      print(String(decoding: file, as: UTF8.self), terminator: "")
    }
  }

  fileprivate static func show(_ orders: [PaymentOrder]) throws {
    let head = ["ORDER", "AT", "CATERERS", "AMOUNT", "BY"]
    Output.table(
      [head]
        + (try orders.map { order in
          [
            "\(order.number)", Output.time(order.orderedMilliseconds), "\(order.lines.count)",
            "\(try order.lines.reduce(Fen.zero) { try $0 + $1.amount })",
            "\(order.people.proposer) and \(order.people.approver)",
          ]
        }))
  }

  fileprivate static func show(_ statements: [StatementSummary]) {
    let head = ["CANTEEN", "NAME", "CONSUMED", "WITHHELD", "FEE", "PAYABLE", "STANDING", "DIGEST"]
    Output.table(
      [head]
        + statements.map { line in
          [
            "\(line.canteen)", line.name, "\(line.consumption)", "\(line.deduction)",
            "\(line.fee)", "\(line.payable)",
            line.approvedBy.map { "approved by \($0.proposer) and \($0.approver)" } ?? "draft",
            line.digest ?? line.fault ?? "",
          ]
        })
  }
}

/// What units find of their caterers.
struct EvaluationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluation", abstract: "Take a unit's evaluations of its canteens' catering.",
    subcommands: [Import.self])

  /// Takes a file.
  struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take evaluations from a CSV file, all of it or nothing.",
      discussion: """
        Columns: canteen,paid,day,reason,amount. A row with paid (percent, 98.50) says how much of the \
        consumption is paid; a row with day, reason and amount is a finding; a row with the canteen alone says that \
        nothing was found. Which of them counts, the policy says.
        Example: canteen-settlement evaluation import 2026Q4 findings.csv --proposer sun --approver li
        """)

    @OptionGroup var settings: SettingsFile
    @OptionGroup var chosen: QuarterArgument
    @OptionGroup var file: ImportFile
    @OptionGroup var pair: Pair

    func run() async throws {
      let (bytes, two) = (try file.read(), try pair.people())
      let count = try await settings.asking {
        try await $0.importEvaluation(bytes, of: chosen.quarter, by: two)
      }
      print("\(count) canteens are evaluated for \(chosen.quarter)")
    }
  }
}
