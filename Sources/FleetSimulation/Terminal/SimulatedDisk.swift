import SeededRandom

/// A disk under a store that commits as SQLite does in WAL mode with `synchronous=FULL`.
///
/// A transaction is some sectors at the end of a log, each with a checksum over all before it. So what a
/// power cut leaves is the transactions up to the first of which a sector is missing; what was synced is
/// there, unless something before it in the log is not. Allowed to fail: a sync says yes and did nothing (the
/// next honest one makes up for it), a commit fails and is on the medium or is not, and no later sync makes up
/// for that, the power goes before, during and after a sync. Not simulated: a
/// sector that was synced goes bad; the power-cut laboratory does that to the real journal.
struct SimulatedDisk<Content> {
  /// What becomes of a commit.
  enum Fate: Equatable {
    case synced
    /// The sync said yes. What was written is lost with the power, unless an honest sync comes first.
    case lied
    /// The commit failed and nothing was written.
    case refused
    /// The sync failed: the kernel has the pages, the medium perhaps.
    case failed
    /// The power went while the log was written, or after it was synced and before anybody was told.
    case cutBefore
    case cutAfter
  }

  /// What whoever committed knows.
  enum End: Equatable {
    case durable
    case failed
    /// Nobody knows anything: the machine is off.
    case powerLost
  }

  private struct Unsynced {
    let before: Content
    let sectors: Int
    /// Its sync failed: the kernel holds its pages for clean, so no later sync writes them. Only writing them
    /// again does.
    var isForgotten = false
  }

  /// What the process sees.
  private(set) var content: Content
  private var unsynced: [Unsynced] = []
  /// What becomes of the next commit, and of how many syncs from now on the disk lies.
  var next = Fate.synced
  var lies = 0
  /// Nothing is written any more.
  var isFull = false
  /// How many commits failed, or had the power go.
  private(set) var failures = 0

  init(_ content: Content) {
    self.content = content
  }

  /// Runs a transaction.
  ///
  /// - Parameter sectors: Into how many sectors the transaction fits: 1 or more.
  mutating func commit<Value>(
    sectors: Int = 2, _ body: (inout Content) throws -> Value
  ) rethrows -> (value: Value, end: End) {
    var fate = next
    next = .synced
    if fate == .synced, lies > 0 {
      lies -= 1
      fate = .lied
    }
    if fate == .synced, isFull { fate = .refused }
    guard fate != .synced else {
      let value = try body(&content)
      // An honest sync is one of the whole file, but for the pages that the kernel gave up.
      if !unsynced.isEmpty { unsynced.removeAll { !$0.isForgotten } }
      return (value, .durable)
    }
    let before = content
    let value = try body(&content)
    if fate != .lied { failures += 1 }
    switch fate {
    case .synced: preconditionFailure("this was answered above")
    case .lied:
      unsynced.append(Unsynced(before: before, sectors: sectors))
      return (value, .durable)
    case .refused:
      content = before
      return (value, .failed)
    case .failed:
      unsynced.append(Unsynced(before: before, sectors: sectors, isForgotten: true))
      return (value, .failed)
    case .cutBefore:
      unsynced.append(Unsynced(before: before, sectors: sectors))
      return (value, .powerLost)
    case .cutAfter:
      unsynced.removeAll { !$0.isForgotten }
      return (value, .powerLost)
    }
  }

  /// The power is gone: of what was not synced each sector is there or not.
  mutating func cutPower(_ dice: inout SplitMix64) {
    for transaction in unsynced {
      let isWhole = (0..<transaction.sectors).allSatisfy { _ in dice.chance(permille: 600) }
      guard isWhole else {
        content = transaction.before
        break
      }
    }
    unsynced.removeAll()
  }

  /// Opening writes the log again and syncs it, so that what the process sees is what the medium has.
  mutating func writeLogAgain() { unsynced.removeAll() }

  /// Another disk with what this one shows: an image that somebody took.
  func image() -> Content { content }

  /// Puts an older image in place.
  mutating func restore(_ image: Content) {
    content = image
    unsynced.removeAll()
  }
}
