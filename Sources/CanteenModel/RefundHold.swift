/// What a terminal asks of the centre before it gives back what another terminal sold: to set aside what
/// goes back, so that nobody else gives back the same.
package struct RefundHoldRequest: Hashable, Sendable {
  /// Who asks.
  package let terminal: TerminalID
  package let id: HoldID
  /// Who sold: another terminal.
  package let seller: TerminalID
  /// The epoch of the sale; `nil`: the newest of the seller's that is open at the centre.
  package let epoch: Epoch?
  package let sequence: SequenceNumber
  /// How much, more than zero and at most ``HoldRequest/largest``; `nil`: everything that is left.
  package let amount: Fen?
  /// 32 random bytes that the answer repeats.
  package let challenge: Digest32

  package init(
    terminal: TerminalID, id: HoldID, seller: TerminalID, epoch: Epoch?, sequence: SequenceNumber,
    amount: Fen?, challenge: Digest32
  ) {
    self.terminal = terminal
    self.id = id
    self.seller = seller
    self.epoch = epoch
    self.sequence = sequence
    self.amount = amount
    self.challenge = challenge
  }
}

/// Why the centre lets nothing go back.
package enum RefundHoldRefusal: Hashable, Sendable {
  /// The centre has no such record, or not yet.
  case unknownSale
  case notASale
  /// It cost nothing, or nobody was charged for it: it is held in suspense.
  case notCharged
  /// All of it went back already, or is set aside for somebody who gives it back.
  case nothingLeft
  /// This much is left of it.
  case moreThanLeft(Fen)
  /// A record gave this request back before the centre saw it.
  case released
}

/// What the centre answers, after its signature was verified.
package struct RefundHoldAnswer: Hashable, Sendable {
  /// The sale as the books have it, and what is set aside of it.
  package struct Grant: Hashable, Sendable {
    package let original: JournalPosition
    package let originalID: Digest32
    package let account: AccountID
    /// What the sale was counted for, where it was sold.
    package let slot: MealKey
    /// What goes back to each tranche, each more than zero, none twice.
    package let returns: [Spend]
    package let total: Fen

    /// - Throws: ``MoneyError/overflow`` when the parts do not sum.
    package init(
      original: JournalPosition, originalID: Digest32, account: AccountID, slot: MealKey,
      returns: [Spend]
    ) throws(MoneyError) {
      self.original = original
      self.originalID = originalID
      self.account = account
      self.slot = slot
      self.returns = returns
      total = try PurseAmounts(returns).total()
    }
  }

  package enum Verdict: Hashable, Sendable {
    case granted(Grant)
    case refused(RefundHoldRefusal)
  }

  package let terminal: TerminalID
  package let id: HoldID
  package let verdict: Verdict
  package let challenge: Digest32
  /// The centre's Unix time in milliseconds.
  package let timeMilliseconds: Int64

  package init(
    terminal: TerminalID, id: HoldID, verdict: Verdict, challenge: Digest32,
    timeMilliseconds: Int64
  ) {
    self.terminal = terminal
    self.id = id
    self.verdict = verdict
    self.challenge = challenge
    self.timeMilliseconds = timeMilliseconds
  }

  /// Whether it answers exactly this request, with exactly what was asked.
  package func answers(_ request: RefundHoldRequest) -> Bool {
    guard terminal == request.terminal, id == request.id, challenge == request.challenge else {
      return false
    }
    guard case .granted(let grant) = verdict else { return true }
    return grant.original.sequence == request.sequence
      && grant.original.epoch == request.epoch ?? grant.original.epoch
      && grant.total == request.amount ?? grant.total && grant.total > .zero
  }
}
