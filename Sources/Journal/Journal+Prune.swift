import CanteenModel
import GRDB
import Synchronization
import TerminalCore

extension Journal {
  /// How long no card may have been presented before a moment counts as idle: 2 s.
  static let idleMilliseconds: Int64 = 2_000

  /// Whether no card waits, and none was presented just now.
  package var isIdle: Bool {
    guard waitingRoom.withLock({ !$0.isDraining && !$0.isStopped }) else { return false }
    let now = configuration.readClock().bootMilliseconds
    return state.withLock { now - ($0.presentedAtBoot ?? now - Self.idleMilliseconds) }
      >= Self.idleMilliseconds
  }

  /// Removes the oldest records that nothing needs any more, so many as take a few milliseconds, and
  /// the sales and counters that stood for them; durably. The file keeps its size: what is free in it is
  /// used again.
  ///
  /// While a verification runs nothing is removed.
  ///
  /// - Returns: Whether some were removed, so that there may be more.
  package func prune() async throws(JournalError) -> Bool {
    let before = state.withLock { $0.pruned }
    try await write { db, draft in
      guard self.verifications.withLock({ $0 == 0 }) else { return }
      let wall = draft.clock.reading(self.configuration.readClock()).wallMilliseconds
      draft.enforceRulebook(at: wall)
      #if SEEDED_BUGS
        let pruning = Pruning(
          configuration: self.configuration, state: draft, wallMilliseconds: wall,
          seeded: self.seeded)
      #else
        let pruning = Pruning(
          configuration: self.configuration, state: draft, wallMilliseconds: wall)
      #endif
      if let end = try pruning.removeSlice(db) { draft.pruned = end }
      try PeerRows.remove(before: draft.localDay(of: wall) - PeerRows.keptDays, db)
    }
    return state.withLock { $0.pruned } != before
  }
}
