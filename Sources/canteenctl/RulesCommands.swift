import ArgumentParser
import CanteenModel
import LocalAPI

/// The rulebook that the terminal obeys.
struct RulesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules", abstract: "Show the rulebook in force; the centre signs rulebooks.",
    discussion: "Example: canteenctl rules --json")

  @OptionGroup var connection: Connection

  func run() async throws {
    let rules = try await asking { () throws(ControlError) in
      try await connection.terminal.rulebook()
    }
    if connection.json { return try Output.json(rules) }
    print("rulebook \(rules.version) · \(rules.legalBasis)\n")
    Output.table(
      [["MEAL", "FROM", "TO", "PRICE"]]
        + rules.mealPeriods.map {
          [$0.name, Output.minute($0.startMinute), Output.minute($0.endMinute), "\($0.price)"]
        })
    print("")
    Output.table([
      ["spent first", rules.spendOrder.map(\.rawValue).joined(separator: ", then ")],
      ["one sale at most", "\(rules.singleLimit)"],
      ["a day at most", rules.dailyLimit.map { "\($0)" } ?? "no limit"],
      ["meals in a period", "\(rules.salesPerMeal), guests \(rules.guestsPerMeal)"],
      ["same card again", "shown, not charged, within \(rules.repeatGuardSeconds) s"],
      ["prices of their own", "\(rules.priceRules.count) rules"],
      [
        "supermarket",
        rules.market.map { "\($0.dailyCap) a day, \($0.monthlyCap) a month" } ?? "nothing is sold",
      ],
      [
        "without the centre",
        "\(rules.offline.home) at home as \(rules.offline.groups.words), "
          + "\(rules.offline.alone) otherwise, "
          + "\(rules.offline.approvals) approvals a period; serial numbers: "
          + "\(rules.offline.serialTrust)",
      ],
      [
        "brakes",
        "\(rules.brakes.total), \(rules.brakes.records) records, \(rules.brakes.hours) h",
      ],
    ])
  }
}

/// What could be lost at this terminal.
struct ExposureCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exposure",
    abstract: "Show what may still be approved without the centre, in total and by account.",
    discussion: """
      The worst case of this meal period: every account buys all that this terminal may still give it, \
      and has spent the money elsewhere. Example: canteenctl exposure --top 10
      """)

  @OptionGroup var connection: Connection
  @Option(name: .customLong("top"), help: "How many accounts are named, 0 to 1000.")
  var limit = 10

  func validate() throws {
    guard (0...1000).contains(limit) else { throw ValidationError("--top is 0 to 1000") }
  }

  func run() async throws {
    let report = try await asking { () throws(ControlError) in
      try await connection.terminal.exposure(naming: limit)
    }
    if connection.json { return try Output.json(report) }
    print(
      "worst case \(report.worstCase) over \(report.accounts) accounts, "
        + (report.meal.map { "in this \($0)" } ?? "between meals"))
    print("stored     \(report.stored) wait for the centre (brake \(report.storedLimit))")
    guard !report.greatest.isEmpty else { return }
    print("")
    Output.table(
      [["ACCOUNT", "MAY STILL BUY"]] + report.greatest.map { ["\($0.account)", "\($0.mayBuy)"] })
  }
}

extension PeerGrouping {
  /// When the terminals of a canteen have the cap of one.
  fileprivate var words: String {
    switch self {
    case .none: "the only terminal"
    case .any: "the only terminal, or with the word of another one"
    case .whole: "the only terminal, or with the word of every other one"
    }
  }
}
