import CanteenModel

/// The requests that wait for the next group.
///
/// An actor by itself would give one commit a call; here whatever arrived while a group was being
/// synced to disk forms the next group.
struct WaitingRoom {
  struct Waiting {
    let request: SaleRequest
    let centre: CentreWord
    let peers: PeerWord
    let answer: CheckedContinuation<Result<SaleStep, JournalError>, Never>
  }

  /// How many requests commit together at most; the others wait for the next group.
  static let groupLimit = 64

  private(set) var waiting: [Waiting] = []
  /// A group is being decided, or is about to be.
  private(set) var isDraining = false
  /// SQLite checks a table, which may take long: who enters ends it.
  var isChecking = false
  /// A commit failed or the journal was closed.
  var isStopped = false
  /// Why it was stopped; `nil` while it is not, and when it was closed as asked.
  var failure: JournalError?

  /// - Returns: Whether the caller must start draining.
  mutating func enter(_ newcomer: Waiting) -> Bool {
    waiting.append(newcomer)
    guard !isDraining else { return false }
    isDraining = true
    return true
  }

  /// The next group, in order of arrival; not empty, because who enters first drains.
  mutating func nextGroup() -> [Waiting] {
    let group = Array(waiting.prefix(Self.groupLimit))
    waiting.removeFirst(group.count)
    return group
  }

  /// Ends the draining when nobody waits any more.
  ///
  /// - Returns: Whether it ended; otherwise the caller goes on with the next group.
  mutating func isDrained() -> Bool {
    isDraining = !waiting.isEmpty
    return !isDraining
  }
}
