package import CanteenModel

/// Up to where the centre holds the records of the ledger that asks for the feed: what its last ack
/// named.
///
/// A disk image that was restored, or a clone, has a ledger of its own under the same number. What
/// another branch holds at a place says nothing about this ledger's record there.
package struct SpokenEnd: Hashable, Sendable {
  package let position: JournalPosition
  /// Whether the accepted branch leads there.
  package let isAccepted: Bool
  /// Whether an older epoch of the terminal holds a fork.
  package let hasOlderFork: Bool

  package init(position: JournalPosition, isAccepted: Bool, hasOlderFork: Bool) {
    self.position = position
    self.isAccepted = isAccepted
    self.hasOlderFork = hasOlderFork
  }

  /// What a row of the feed says that its balance includes of the asking ledger's records.
  ///
  /// Everything up to the spoken end is posted, and nothing of this ledger behind it. On the
  /// accepted branch the account's own last record is named, never one behind the spoken end; on
  /// any other the spoken end itself, for every account. A ledger that left a fork behind in an
  /// older epoch has handed in all of it before the newer one opened.
  ///
  /// - Parameter included: The last accepted record that is posted, or held in suspense, against
  ///   the account.
  package func includes(_ included: JournalPosition?) -> JournalPosition? {
    #if SEEDED_BUGS
      if SeededRuleBug.planted == .includesBeyondTheAck { return included }
    #endif
    guard isAccepted else { return position }
    guard hasOlderFork else { return included.map { min($0, position) } }
    let opening = JournalPosition(epoch: position.epoch, sequence: .none)
    return max(included.map { min($0, position) } ?? opening, opening)
  }
}
