package import CanteenModel

/// When the centre visits which terminal. Terminals do not wait for one another.
///
/// Times are milliseconds of any clock that never goes back.
package struct PullSchedule: Sendable {
  private struct Plan {
    let terminal: TerminalID
    var dueAt: Int64
    var failures = 0
    var isVisited = false
    /// There were news while it was being visited.
    var isHurried = false
  }

  /// The first rest after a failure; it doubles up to the longest one and never ends.
  package static let shortestRetryMilliseconds: Int64 = 1_000
  package static let longestRetryMilliseconds: Int64 = 60_000

  private let intervalMilliseconds: Int64
  /// In order of the terminals' numbers.
  private var plans: [Plan] = []

  /// - Parameter intervalMilliseconds: From the end of a visit that went well to the next. 1 or
  ///   more.
  package init(intervalMilliseconds: Int64) {
    precondition(intervalMilliseconds >= 1, "a visit is followed by a rest")
    self.intervalMilliseconds = intervalMilliseconds
  }

  /// Takes the terminals that have a pull address now. New ones are due at once; those that are
  /// gone are visited no more.
  package mutating func set(_ terminals: [TerminalID], now: Int64) {
    plans = terminals.sorted().map { terminal in
      plans.first { $0.terminal == terminal } ?? Plan(terminal: terminal, dueAt: now)
    }
  }

  /// Starts the visits that are due, longest overdue first.
  ///
  /// - Parameter limit: How many may start now.
  /// - Returns: The terminals to visit; each waits until its visit has ended.
  package mutating func start(limit: Int, now: Int64) -> [TerminalID] {
    let due = plans.indices.filter { !plans[$0].isVisited && plans[$0].dueAt <= now }
      .sorted { (plans[$0].dueAt, plans[$0].terminal) < (plans[$1].dueAt, plans[$1].terminal) }
    return due.prefix(max(0, limit)).map { index in
      plans[index].isVisited = true
      return plans[index].terminal
    }
  }

  /// Visits that went well before come at once; those that failed keep their rest. A terminal that is being
  /// visited is visited once more.
  package mutating func hurry(now: Int64) {
    for index in plans.indices where plans[index].failures == 0 {
      plans[index].dueAt = min(plans[index].dueAt, now)
      plans[index].isHurried = plans[index].isVisited
    }
  }

  /// When the next visit is due, which may be past; `nil` while none is planned.
  package var nextDue: Int64? {
    plans.lazy.filter { !$0.isVisited }.map(\.dueAt).min()
  }

  /// A visit went well.
  package mutating func succeeded(_ terminal: TerminalID, now: Int64) {
    let dueAt = now + intervalMilliseconds
    end(terminal) { plan in
      plan.failures = 0
      plan.dueAt = plan.isHurried ? now : dueAt
      plan.isHurried = false
    }
  }

  /// A visit failed: the next one comes after half to all of the exponential rest, so that
  /// terminals behind one broken switch do not all return at once.
  ///
  /// - Parameter jitterPermille: 0...1000, from the caller's random number generator.
  package mutating func failed(_ terminal: TerminalID, jitterPermille: Int, now: Int64) {
    precondition((0...1000).contains(jitterPermille), "jitter is given in permille")
    end(terminal) { plan in
      let doublings = min(plan.failures, 6)
      plan.failures += 1
      let whole = min(Self.shortestRetryMilliseconds << doublings, Self.longestRetryMilliseconds)
      plan.dueAt = now + whole / 2 + whole / 2 * Int64(jitterPermille) / 1000
    }
  }

  /// How many visits in a row have failed.
  package func failures(of terminal: TerminalID) -> Int {
    plans.first { $0.terminal == terminal }?.failures ?? 0
  }

  private mutating func end(_ terminal: TerminalID, _ change: (inout Plan) -> Void) {
    guard let index = plans.firstIndex(where: { $0.terminal == terminal }) else { return }
    plans[index].isVisited = false
    change(&plans[index])
  }
}
