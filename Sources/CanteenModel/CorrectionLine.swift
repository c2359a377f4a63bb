/// A correction as the operator sees it. A view: the record's bytes are elsewhere.
package struct CorrectionLine: Hashable, Sendable, Codable {
  package let position: JournalPosition
  /// `void`, `refund` or `reversal`.
  package let kind: String
  package let original: JournalPosition
  /// Whose sale it was; `nil`: this terminal's.
  package let seller: TerminalID?
  /// Who gets it back, and how much.
  package let account: AccountID
  package let amount: Fen
  /// What each purse gets back.
  package let returned: PurseAmounts
  package let by: OperatorIdentity

  /// What the record at a place of this terminal's journal says.
  package init(_ correction: CorrectionRecord, at position: JournalPosition) {
    self.position = position
    kind = "\(correction.kind)"
    original = correction.original
    seller = correction.elsewhere?.terminal
    account = correction.account
    amount = correction.total
    returned = correction.returned
    by = correction.by
  }
}

/// A closed day as the operator sees it.
package struct DayLine: Hashable, Sendable, Codable {
  package let position: JournalPosition
  package let wallMilliseconds: Int64
  package let totals: DayTotals
  /// What is left for the canteen.
  package let net: Fen
  /// How many records the centre did not have when the day was closed.
  package let unsettledAtClose: UInt64
  /// Whether the centre does not have all of it yet.
  package let isProvisional: Bool
  package let by: OperatorIdentity

  /// - Throws: ``MoneyError/overflow``.
  package init(
    _ closed: DayClosed, at position: JournalPosition, wallMilliseconds: Int64, isSettled: Bool
  ) throws(MoneyError) {
    self.position = position
    self.wallMilliseconds = wallMilliseconds
    totals = closed.totals
    net = try closed.totals.net
    unsettledAtClose = closed.unsettled
    isProvisional = !isSettled
    by = closed.by
  }
}

/// What the operator orders: a correction, without who they are.
package struct CorrectionOrder: Hashable, Sendable, Codable {
  package let kind: CorrectionKind
  /// Who sold; `nil`: this terminal.
  package let terminal: UInt32?
  package let sequence: UInt64
  /// `nil`: the epoch of the last record.
  package let epoch: UInt32?
  /// `nil`: everything that is left of the sale.
  package let amount: Fen?
  package let note: String

  package init(
    kind: CorrectionKind, terminal: UInt32? = nil, sequence: UInt64, epoch: UInt32? = nil,
    amount: Fen? = nil, note: String
  ) {
    self.kind = kind
    self.terminal = terminal
    self.sequence = sequence
    self.epoch = epoch
    self.amount = amount
    self.note = note
  }
}
