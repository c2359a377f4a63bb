/// A mutant that no test can kill, because the program stays the same or the difference has no meaning.
struct EquivalentMutant: Hashable {
  let file: String
  /// The line of the source, without its indentation: it may move, and be mutated alike on other lines.
  let source: String
  let change: String
  let reason: String

  func fits(_ mutant: Mutant) -> Bool {
    mutant.file == file && mutant.source == source && mutant.change == change
  }

  static let core = [
    EquivalentMutant(
      file: "AccountView.swift",
      source: "for tranche in tranches where tranche.isOpen(on: day) || tranche.amount < .zero {",
      change: "< → <=", reason: "a tranche of nothing adds nothing"),
    EquivalentMutant(
      file: "Lane.swift", source: "private var deadlines: UInt64 = 0", change: "0 → 0 + 1",
      reason: "deadlines are compared with one another only"),
    EquivalentMutant(
      file: "Lane.swift", source: "deadlines += 1", change: "1 → 2",
      reason: "deadlines are compared with one another only"),
    EquivalentMutant(
      file: "MealCalendar.swift",
      source: "let beganYesterday = period.crossesMidnight && minute < period.endMinute",
      change: "< → <=", reason: "the end of a period is not in it, so the minute is never the end"),
    EquivalentMutant(
      file: "PurseSplit.swift", source: "if tranche.amount < .zero {", change: "< → <=",
      reason: "a tranche of nothing adds nothing"),
    EquivalentMutant(
      file: "PurseSplit.swift",
      source:
        "(left.lastSpendingDay ?? .max, left.tranche) < (right.lastSpendingDay ?? .max, right.tranche)",
      change: "< → <=", reason: "an account has a tranche once, so no two are equal"),
    EquivalentMutant(
      file: "SyncSession.swift",
      source: "package static let longestRetryMilliseconds: Int64 = 60_000",
      change: "60_000 → 60_000 + 1", reason: "it is only used halved, rounded down"),
    EquivalentMutant(
      file: "SyncSession.swift", source: "let doublings = min(failures, 6)", change: "6 → 6 + 1",
      reason: "after six doublings the longest rest has the word"),
  ]

  /// Of the core, what no world and no question can show, beside ``core``.
  static let fleet = [
    EquivalentMutant(
      file: "KnownSpend.swift",
      source:
        "fileprivate static let beforeAll = JournalPosition(epoch: Epoch(0), sequence: .none)",
      change: "0 → 0 + 1", reason: "epochs and sequences begin at 1, so every record is behind it"),
    EquivalentMutant(
      file: "PeerGroup.swift",
      source: "let pause = Self.greetingMilliseconds << min(peer.misses - 1, 8)",
      change: "8 → 8 + 1", reason: "after three doublings the longest pause has the word"),
  ]
}
