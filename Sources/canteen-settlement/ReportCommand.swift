import ArgumentParser
import CanteenModel
import SettlementService
import SettlementStore

/// The sums.
struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Show what was settled.",
    discussion: """
      Exit code 1 when the sum is not zero; canteen-settlement check proves every figure. In JSON, \
      amounts are in fen.
      Example: canteen-settlement report --json
      """)

  @OptionGroup var settings: SettingsFile
  @Flag(help: "Print JSON for scripts.") var json = false

  func run() async throws {
    let report = try await settings.asking { try await $0.report() }
    if json { try Output.json(report) } else { show(report) }
    guard report.totals.sumFen == 0 else { throw ExitCode.failure }
  }

  private func show(_ report: SettlementReport) {
    print("as of \(Output.time(report.asOfMilliseconds)) (China's time)\n")
    let head = [
      "TERMINAL", "NAME", "LAST", "RECORDS", "SALES", "SUBSIDY", "PERSONAL", "CORRECTED", "EARNED",
      "DECLINES", "SUSPENSE", "LOOK AT",
    ]
    let lines = report.terminals.map { line in
      [
        "\(line.terminal)", line.name, "\(line.epoch)/\(line.lastSequence)", "\(line.records)",
        "\(line.sales)", "\(Fen(line.subsidyFen))", "\(Fen(line.personalFen))",
        "\(line.corrections)", "\(Fen(line.payableFen))", "\(line.declines)",
        "\(line.suspenseRecords) (\(Fen(line.suspenseFen)))",
        line.flags.isEmpty ? "-" : line.flags.map { "\($0.kind.rawValue)" }.joined(separator: ", "),
      ]
    }
    Output.table([head] + lines)
    for line in report.terminals {
      for tail in line.lostTails {
        print(
          "terminal \(line.terminal) lost \(tail.isAtMost ? "at most " : "")\(tail.missing) records, the last of "
            + "them \(tail.epoch)/\(tail.lastSequence): terminal \(tail.witness) saw its head")
      }
      for flag in line.flags {
        let place = flag.epoch == 0 ? "" : ", record \(flag.epoch)/\(flag.sequence)"
        print(
          "terminal \(line.terminal)\(place), seen \(flag.times)x, last \(Output.time(flag.lastMilliseconds)): \(flag.kind.advice)"
        )
      }
    }
    let totals = report.totals
    print("")
    Output.table([
      ["opening balances imported", "\(Fen(totals.openingFundingFen))"],
      ["diners, subsidy", "\(Fen(totals.subsidyBalanceFen))"],
      ["diners, personal", "\(Fen(totals.personalBalanceFen))"],
      ["earned, in no statement yet", "\(Fen(totals.payableFen))"],
      ["suspense", "\(Fen(totals.suspenseFen))"],
      ["banks, funding and statements", "\(Fen(totals.officeFen))"],
      ["sum (must be zero)", "\(Fen(totals.sumFen))"],
    ])
    print(
      "\n\(totals.accounts) accounts, \(totals.accountsInDebt) in debt; rulebook "
        + "\(totals.rulebookVersion); sum "
        + (totals.sumFen == 0
          ? "good" : "WRONG: keep a copy of the state directory and call for help"))
  }
}
