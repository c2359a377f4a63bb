package import CanteenModel

/// What of a chain is missing that a neighbour saw and its owner does not present (durability-and-risk 5.5).
package enum TailRule {
  package struct Missing: Hashable, Sendable {
    /// 1 or more.
    package let records: UInt64
    /// Whether it may be fewer: the owner sold on, and which of its numbers are new ones nobody can tell.
    package let isAtMost: Bool
    /// The last record before them.
    package let behind: SequenceNumber
  }

  /// - Parameters:
  ///   - witnessed: The last record, by a head that the owner signed and the centre has no record for.
  ///   - before: Up to where the centre held the owner's records when that head came in.
  ///   - end: Where the owner says that its ledger ends, having read an ack that was made later; of an older epoch,
  ///     which is handed in whole, what is held.
  ///   - held: Up to where the centre holds them now.
  /// - Returns: `nil` when nothing is known to be missing.
  package static func missing(
    witnessed: SequenceNumber, before: SequenceNumber, end: SequenceNumber, held: SequenceNumber
  ) -> Missing? {
    guard end < witnessed || held >= witnessed else { return nil }
    // What it has behind ``before`` may be what it had, or was sold under the same numbers afterwards.
    let hasSoldOn = end > before
    let kept = min(before, end, witnessed)
    guard kept < witnessed else { return nil }
    return Missing(records: witnessed.number - kept.number, isAtMost: hasSoldOn, behind: kept)
  }
}
