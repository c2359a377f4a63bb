package import CanteenModel

/// What the centre holds of one terminal's epoch around the place where a batch begins.
package struct HeldChain: Hashable, Sendable {
  /// The last record on the accepted branch; ``SequenceNumber/none`` in a new epoch.
  package let last: SequenceNumber
  /// The accepted head just before the batch's first record; `nil` when that is behind ``last``.
  package let headBefore: Digest32?
  /// The accepted heads from the batch's first sequence on, as far as there are any, at most one
  /// for each record of the batch.
  package let heads: [Digest32]
  /// Whether the batch's previous head is that of a fork's record in the place before the batch.
  package let followsFork: Bool

  package init(
    last: SequenceNumber, headBefore: Digest32?, heads: [Digest32], followsFork: Bool
  ) {
    self.last = last
    self.headBefore = headBefore
    self.heads = heads
    self.followsFork = followsFork
  }
}

/// What the centre does with the records of a batch whose signature and chain were verified.
package enum ChainVerdict: Hashable, Sendable {
  /// The batch continues what is held: the records from this index on are new. The index is the
  /// number of records when nothing is new.
  case extends(from: Int)
  /// Records are missing between what is held and the batch: nothing of it is taken, and the ack
  /// names what is held.
  case gap
  /// The same position holds another record: two devices, or a restored disk image. The records
  /// from this index on stand beside the accepted branch; each distinct one is posted once (people
  /// ate). The ack names the end of the sender's own branch, so that the rest of it flows.
  case fork(from: Int, at: SequenceNumber)
}

/// The rule of acceptance: every record once, in order, and no other record in its place.
package enum ChainIntake {
  /// Compares a batch with what is held.
  ///
  /// - Parameter heads: The head after each record of the batch, in order.
  /// - Precondition: There are as many heads as the batch says, and `held` was read at its first
  ///   sequence.
  package static func judge(
    _ batch: BatchFacts, heads: [Digest32], held: HeldChain
  ) -> ChainVerdict {
    precondition(heads.count == batch.count, "every record of a batch has a head")
    precondition(held.heads.count <= heads.count, "what is held was read along the batch")
    #if SEEDED_BUGS
      if SeededRuleBug.planted == .forkIsNotNoticed { return .extends(from: held.heads.count) }
    #endif
    guard held.headBefore == batch.previousHead else {
      // A branch that goes on is never a gap, also where it is longer than the accepted one. What
      // follows a record that is not held is one, also beside the accepted branch: an ack for it would
      // settle records that nobody has.
      #if SEEDED_BUGS
        if SeededRuleBug.planted == .gapIsTaken { return .extends(from: 0) }
      #endif
      return held.followsFork ? .fork(from: 0, at: batch.first) : .gap
    }
    for (index, pair) in zip(held.heads, heads).enumerated() where pair.0 != pair.1 {
      return .fork(from: index, at: SequenceNumber(batch.first.number + UInt64(index)))
    }
    return .extends(from: held.heads.count)
  }
}
