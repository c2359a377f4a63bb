import CanteenModel
import Foundation
import SettlementCore
import SettlementStore

/// What whoever signs rules is shown before.
enum RulesOutput {
  static func show(_ preview: RulesPreview) {
    print("rulebook \(preview.version), \(preview.legalBasis)\n")
    show(preview.difference)
    for suspension in preview.suspensions { print("CAREFUL: \(suspension)") }
    show(preview.trial)
    let title = preview.inForceVersion.map { "IN FORCE (\($0))" } ?? "IN FORCE (none)"
    show(preview.proposed, beside: preview.inForce, title)
  }

  static func show(_ preview: UnitRulesPreview) {
    let rules = preview.change.rules
    print("rules \(rules.revision) of canteen \(rules.canteen.number), \(rules.legalBasis)\n")
    show(preview.change.difference)
    show(preview.trial)
    show(preview.proposed, beside: preview.inForce, "IN FORCE")
  }

  private static func show(_ difference: [String]) {
    print(difference.isEmpty ? "nothing is different" : difference.joined(separator: "\n"))
    print("")
  }

  private static func show(_ trial: [RuleTrialLine]) {
    let different = trial.filter(\.isDifferent)
    let swipes = trial.reduce(0) { $0 + $1.swipes }
    print(
      "swipes of the last \(Books.trialDays) days that were judged again: \(swipes), in \(trial.count) canteens"
    )
    guard !different.isEmpty else { return print("none would have ended otherwise\n") }
    Output.table(
      [["CANTEEN", "NAME", "SWIPES", "DEARER", "CHEAPER", "REFUSED", "APPROVED", "TOGETHER"]]
        + different.map { line in
          [
            "\(line.canteen)", line.name, "\(line.swipes)", "\(line.dearer)", "\(line.cheaper)",
            "\(line.refused)", "\(line.approved)", "\(Fen(line.differenceFen))",
          ]
        })
    print("")
  }

  private static func show(_ new: WorstCase, beside old: WorstCase?, _ title: String) {
    print("worst case with \(new.accounts) accounts, terminals cut off: \(new.terminals)\n")
    func row(_ title: String, _ figure: KeyPath<WorstCase, Fen>) -> [String] {
      [title, old.map { "\($0[keyPath: figure])" } ?? "-", "\(new[keyPath: figure])"]
    }
    Output.table([
      ["", title, "NEW"], row("in one meal period", \.perPeriod),
      row("until the brake (\(new.brakeHours) h)", \.untilBrake),
      row("however long it lasts", \.ever),
    ])
    if let old, new.perPeriod > old.perPeriod || new.untilBrake > old.untilBrake {
      print("\nthis LOOSENS the rules")
    }
    print("")
  }

  /// Asks whoever sits there; nobody there is no consent.
  static func isConfirmed() -> Bool {
    guard isatty(FileHandle.standardInput.fileDescriptor) == 1 else {
      print("nobody can be asked here: --yes signs without asking")
      return false
    }
    print("sign it? [y/N] ", terminator: "")
    fflush(nil)
    return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
  }
}
