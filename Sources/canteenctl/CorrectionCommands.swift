import ArgumentParser
import CanteenModel
import LocalAPI

/// Takes a sale back.
struct VoidCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "void", abstract: "Take a whole sale back, before the day is closed.",
    discussion: """
      The money goes back to the purses that paid. The number is the sale's SEQ in canteenctl journal.
      Example: canteenctl void 4711 --note "wrong amount"
      """)

  @OptionGroup var connection: Connection
  @OptionGroup var sale: CorrectedSaleOptions
  @Option(help: "Why, in at most 200 bytes.")
  var note = ""

  func run() async throws {
    try await correct(
      CorrectionOrder(kind: .void, sequence: sale.sequence, epoch: sale.epoch, note: note),
      connection)
  }
}

/// Gives back a part of a sale, or all of it, later.
struct RefundCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "refund", abstract: "Give back a part of a sale, or all of it.",
    discussion: """
      For those whom canteen.refundUsers names. The money goes back to the purses that paid; there is \
      no cash. What another terminal sold is given back with --terminal: the centre is asked, so the \
      link must be up, and the diner sees the money when the centre feeds it. SEQUENCE and --epoch are \
      then those of that terminal's journal.
      Example: canteenctl refund 4711 --amount 3.50 --note "dish was cold"
      Example: canteenctl refund 208 --terminal 4 --note "charged twice at the other canteen"
      """)

  @OptionGroup var connection: Connection
  @OptionGroup var sale: CorrectedSaleOptions
  @Option(help: "Who sold, when it was another terminal.")
  var terminal: UInt32?
  @Option(help: "Yuan with at most two decimals; without it everything that is left of the sale.")
  var amount: String?
  @Option(help: "Why, in at most 200 bytes.")
  var note: String

  func validate() throws {
    guard terminal != 0 else { throw ValidationError("--terminal is 1 or more") }
  }

  func run() async throws {
    let fen = try amount.map { text in
      do {
        return try Fen(yuan: text)
      } catch {
        throw ValidationError("\(text) is not an amount in yuan such as 3.50")
      }
    }
    try await correct(
      CorrectionOrder(
        kind: .refund, terminal: terminal, sequence: sale.sequence, epoch: sale.epoch, amount: fen,
        note: note),
      connection)
  }
}

/// Which sale.
struct CorrectedSaleOptions: ParsableArguments {
  @Argument(help: "The sale's number in the journal.")
  var sequence: UInt64
  @Option(help: "The journal's epoch; without it the present one.")
  var epoch: UInt32?
}

private func correct(_ order: CorrectionOrder, _ connection: Connection) async throws {
  let line = try await asking { () throws(ControlError) in
    try await connection.terminal.correct(order)
  }
  if connection.json { return try Output.json(line) }
  let seller = line.seller.map { " of terminal \($0), epoch \(line.original.epoch)" } ?? ""
  print(
    "\(line.kind) of sale \(line.original.sequence)\(seller): \(line.amount) back to account \(line.account) "
      + "(subsidy \(line.returned.subsidy), personal \(line.returned.personal)), "
      + "record \(line.position.sequence)")
}

/// 日结.
struct DayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "day", abstract: "Close the day, or list the closed days.",
    subcommands: [Close.self, List.self], defaultSubcommand: List.self)

  struct Close: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Count what was sold since the last closing, and close the day.",
      discussion: """
        Sales before it are voided no more. It is provisional until the centre has all of it.
        Example: canteenctl day close
        """)

    @OptionGroup var connection: Connection

    func run() async throws {
      let line = try await asking { () throws(ControlError) in
        try await connection.terminal.closeDay()
      }
      if connection.json { return try Output.json(line) }
      try await DayCommand.show([line], connection)
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the days that were closed, newest last.",
      discussion: "Example: canteenctl day list --last 31 --json")

    @OptionGroup var connection: Connection
    @Option(name: .customLong("last"), help: "How many, 1 to 1000.")
    var limit = 7

    func validate() throws {
      guard (1...1000).contains(limit) else { throw ValidationError("--last is 1 to 1000") }
    }

    func run() async throws {
      let lines = try await asking { () throws(ControlError) in
        try await connection.terminal.closedDays(limit: limit)
      }
      if connection.json { return try Output.json(lines) }
      try await DayCommand.show(lines, connection)
    }
  }

  private static func show(_ lines: [DayLine], _ connection: Connection) async throws {
    guard !lines.isEmpty else { return print("no day was closed yet") }
    let offset = try await asking { () throws(ControlError) in
      try await connection.terminal.status()
    }.utcOffsetMinutes
    let head = [
      "SEQ", "CLOSED", "SALES", "SOLD", "CORRECTED", "BACK", "NET", "FOR OTHERS", "DECLINED", "BY",
      "STATE",
    ]
    let rows = lines.reversed().map { line in
      [
        line.position.sequence.description,
        Output.dayAndTime(line.wallMilliseconds, utcOffsetMinutes: offset),
        "\(line.totals.sales)", "\(Fen(line.totals.sold))", "\(line.totals.corrections)",
        "\(Fen(line.totals.returned))", "\(line.net)",
        "\(line.totals.returnedForOthers)", "\(line.totals.declines)", "\(line.by)",
        line.isProvisional ? "provisional: the centre does not have all of it yet" : "final",
      ]
    }
    Output.table([head] + rows)
  }
}

extension Fen {
  /// Both purses together; what a closed day counted fits.
  fileprivate init(_ amounts: PurseAmounts) {
    self.init(amounts.subsidy.value &+ amounts.personal.value)
  }
}
