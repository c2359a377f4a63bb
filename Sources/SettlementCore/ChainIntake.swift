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

  package init(last: SequenceNumber, headBefore: Digest32?, heads: [Digest32]) {
    self.last = last
    self.headBefore = headBefore
    self.heads = heads
  }
}

/// What the centre does with the records of a batch whose signature and chain were verified.
package enum ChainVerdict: Hashable, Sendable {
  /// The batch continues what is held: the records from this index on are new. The index is the
  /// number of records when nothing is new.
  case extends(from: Int)
  /// Records are missing between what is held and the batch; send from here on.
  case gap(want: SequenceNumber)
  /// The same position holds another record: two devices, or a restored disk image. The records
  /// from this index on stand beside the accepted branch; each distinct one is posted once (people
  /// ate).
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
    guard let headBefore = held.headBefore else { return .gap(want: held.last.next) }
    guard headBefore == batch.previousHead else { return .fork(from: 0, at: batch.first) }
    for (index, pair) in zip(held.heads, heads).enumerated() where pair.0 != pair.1 {
      return .fork(from: index, at: SequenceNumber(batch.first.number + UInt64(index)))
    }
    return .extends(from: held.heads.count)
  }
}
