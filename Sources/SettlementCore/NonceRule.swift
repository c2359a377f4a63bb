package import CanteenModel

/// How a batch's echoed nonce relates to the acks that the centre issued to the terminal.
package enum NonceStanding: Hashable, Sendable {
  /// One that a single terminal may echo now. The number of its ack becomes the last echoed one.
  case current(ack: Int64)
  /// Not one that a single terminal could echo now, or never issued: a copy of the terminal speaks. Its
  /// records are kept all the same.
  case stale
}

/// The rules that make a copied terminal show itself, at the first contact of whoever speaks second or at the
/// next of the other (ARCHITECTURE.md, The record).
package enum NonceRule {
  /// Judges an echoed nonce.
  ///
  /// Acks are numbered from 1 in the order in which they were issued; 0 stands for "none yet". A terminal
  /// waits for the ack of one batch only. So it echoes the newest ack; or, when acks were lost on the way, the
  /// one that it echoed before, and those that were lost are never believed any more.
  ///
  /// - Parameters:
  ///   - echoed: The number of the ack whose nonce the batch echoes; 0 when it echoes none, `nil`
  ///     when no ack is held with this nonce.
  ///   - lastEchoed: The number that the last current batch echoed.
  ///   - newest: The number of the newest ack that was issued to the terminal.
  package static func judge(echoed: Int64?, lastEchoed: Int64, newest: Int64) -> NonceStanding {
    #if SEEDED_BUGS
      if SeededRuleBug.planted == .staleNonceIsCurrent { return .current(ack: newest) }
    #endif
    guard let echoed, echoed == lastEchoed || echoed == newest else { return .stale }
    return .current(ack: echoed)
  }

  /// Judges the ack whose token opens an epoch: that of the last echoed nonce, or any that was issued after it.
  /// A ledger that was salvaged may have an older one of them.
  ///
  /// - Parameters: As of ``judge(echoed:lastEchoed:newest:)``.
  package static func judge(offered: Int64?, lastEchoed: Int64) -> NonceStanding {
    guard let offered, offered >= lastEchoed else { return .stale }
    return .current(ack: offered)
  }

  /// Whether a terminal has fewer records than the centre took from it: an older image, or a copy.
  ///
  /// - Parameters:
  ///   - newest: The newest record that it has, of the epoch of its batch; `nil` when it does not say.
  ///   - held: The last record of that epoch that the centre holds, along the branch of the batch.
  package static func isBehind(newest: SequenceNumber?, held: SequenceNumber) -> Bool {
    newest.map { $0 < held } ?? false
  }
}

/// Whether records of an epoch may be taken.
package enum EpochStanding: Hashable, Sendable {
  /// It is open: the newest one, or an older one whose tail was salvaged.
  case open
  /// It is the next one, and its token is good: it opens now, and the token is spent.
  case opens
  /// It is not the next one, or the token is missing, older, or was spent before: a clone, or a
  /// terminal of another centre. Nothing is taken; the terminal keeps its records.
  case unknown
}

/// The rule that only the centre gives out epochs, each once (ARCHITECTURE.md, The record).
package enum EpochRule {
  package static let first = Epoch(1)

  /// Judges the epoch of a batch.
  ///
  /// - Parameters:
  ///   - newest: The newest epoch that is open; `nil` before the terminal's first contact, when
  ///     only ``first`` opens, without a token.
  ///   - token: How the ack that offered the presented token, for exactly this epoch, relates to
  ///     those issued, by ``NonceRule``; a token that the operator granted for it is current; `nil`
  ///     when none was presented.
  package static func judge(
    _ epoch: Epoch, newest: Epoch?, token: NonceStanding?
  ) -> EpochStanding {
    guard let newest else { return epoch == first ? .opens : .unknown }
    if epoch >= first, epoch <= newest { return .open }
    guard epoch > newest, epoch.number - newest.number == 1, case .current = token else {
      return .unknown
    }
    return .opens
  }

  /// The epoch that an ack offers: the one after the newest.
  package static func next(after newest: Epoch) -> Epoch { Epoch(newest.number + 1) }
}
