/// How money goes back to a diner.
package enum CorrectionKind: UInt8, Hashable, Sendable, Codable, CaseIterable {
  /// 撤销: the whole sale, at the terminal that made it, before the day was closed.
  case void = 1
  /// 退款: a part of a sale or all of it, later, by somebody who has the authority.
  case refund = 2
  /// 冲正: the whole sale, because nobody knows whether it took place.
  case reversal = 3
}

/// What somebody asks of the ledger: give back what a sale took.
package struct CorrectionRequest: Hashable, Sendable {
  package let kind: CorrectionKind
  /// The sale.
  package let original: JournalPosition
  /// How much; `nil`: everything that is left of the sale.
  package let amount: Fen?
  package let by: OperatorIdentity
  /// Why, in the operator's words; at most ``CorrectionRecord/noteLimit`` bytes of UTF-8.
  package let note: String

  package init(
    kind: CorrectionKind, original: JournalPosition, amount: Fen? = nil, by: OperatorIdentity,
    note: String
  ) {
    self.kind = kind
    self.original = original
    self.amount = amount
    self.by = by
    self.note = note
  }
}

/// Whose sale a refund gives back, when it is another terminal's.
package struct SoldElsewhere: Hashable, Sendable {
  package let terminal: TerminalID
  /// Under which the centre set aside what goes back (``RefundHoldRequest``).
  package let hold: HoldID

  package init(terminal: TerminalID, hold: HoldID) {
    self.terminal = terminal
    self.hold = hold
  }
}

/// Money that goes back from a sale to the tranches that paid it; there is no cash-out (S10).
package struct CorrectionRecord: Hashable, Sendable {
  package let kind: CorrectionKind
  /// `nil`: the sale is this terminal's own.
  package let elsewhere: SoldElsewhere?
  /// The sale that it corrects: its place in the journal of the terminal that sold, and its identity.
  package let original: JournalPosition
  package let originalID: Digest32
  package let account: AccountID
  /// What each tranche gets back, each more than zero, none twice. Empty only for a sale that cost
  /// nothing.
  package let returns: [Spend]
  /// What the sale was counted for, and what of that is taken back. Of a sale elsewhere nothing is: no
  /// counter of this terminal has it.
  package let slot: MealKey
  package let uncounted: SaleCounts
  package let by: OperatorIdentity
  package let note: String
  /// What each purse gets back, and both together: the sums of ``returns``.
  package let returned: PurseAmounts
  package let total: Fen

  package static let noteLimit = 200

  /// - Throws: ``MoneyError/overflow`` when a sum does not fit into `Int64`.
  package init(
    kind: CorrectionKind, original: JournalPosition, originalID: Digest32, account: AccountID,
    returns: [Spend], slot: MealKey, uncounted: SaleCounts, by: OperatorIdentity, note: String,
    elsewhere: SoldElsewhere? = nil
  ) throws(MoneyError) {
    returned = try PurseAmounts(returns)
    total = try returned.total()
    self.kind = kind
    self.original = original
    self.originalID = originalID
    self.account = account
    self.returns = returns
    self.slot = slot
    self.uncounted = uncounted
    self.by = by
    self.note = note
    self.elsewhere = elsewhere
  }
}
