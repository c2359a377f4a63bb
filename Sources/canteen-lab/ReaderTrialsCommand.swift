import ArgumentParser
import Laboratory

/// Tries what the readers promise.
struct ReaderTrialsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reader-trials",
    abstract:
      "Tries impostors, pieces of codes, forgotten cards and broken readers in virtual time.",
    discussion: "With --seeded-bugs each planted bug of the drivers must be found.")

  @Flag(help: "Plant each known bug in turn, and see who finds it.")
  var seededBugs = false

  func run() throws {
    if seededBugs {
      #if SEEDED_BUGS
        let missed = ReaderTrial.findBugs { print($0) }
        print("reader-trials: \(missed == 0 ? "ok" : "FAILED") \(missed) bugs were not found")
        if missed > 0 { throw ExitCode.failure }
        return
      #else
        throw ValidationError("--seeded-bugs: a release build has none; use a debug build")
      #endif
    }
    var count = 0
    for trial in ReaderTrial.allCases {
      let findings = trial.findings()
      count += findings.count
      print("\(trial.rawValue): \(findings.isEmpty ? "as promised" : "not as promised")")
      for finding in findings { print("  \(finding)") }
    }
    print("reader-trials: \(count == 0 ? "ok" : "FAILED") \(count) findings")
    if count > 0 { throw ExitCode.failure }
  }
}
