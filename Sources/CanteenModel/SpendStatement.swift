/// What one terminal says of an account in a meal period: every sale that it approved there without the
/// centre, and every amount that it reserved for a sale which it has not decided.
///
/// It is a whole account of itself, not a change: the newest of a terminal takes the place of those
/// before it, so that a message may be lost, repeated or late. Only its own terminal makes one.
package struct SpendStatement: Hashable, Sendable {
  /// A sale, or what was reserved for one.
  package struct Entry: Hashable, Sendable {
    /// The record of the sale in its terminal's journal; `nil` while the amount is only reserved.
    package let position: JournalPosition?
    /// More than zero; what went back from the sale is taken off.
    package let amount: Fen

    package init(position: JournalPosition?, amount: Fen) {
      self.position = position
      self.amount = amount
    }
  }

  /// So many sales and reservations fit into one; a rulebook allows at most 100 approvals in a period.
  package static let entryLimit = 256

  package let terminal: TerminalID
  package let account: AccountID
  package let slot: MealKey
  package let number: StatementNumber
  /// At most ``entryLimit``; none says that nothing was spent.
  package let entries: [Entry]

  package init(
    terminal: TerminalID, account: AccountID, slot: MealKey, number: StatementNumber,
    entries: [Entry]
  ) {
    self.terminal = terminal
    self.account = account
    self.slot = slot
    self.number = number
    self.entries = entries
  }
}

/// The order of what one terminal states: by the epoch of its journal, then by how often it was opened
/// in it, then by a count since.
package struct StatementNumber: Hashable, Comparable, Sendable {
  package let epoch: Epoch
  package let run: UInt32
  package let count: UInt32

  package init(epoch: Epoch, run: UInt32, count: UInt32) {
    self.epoch = epoch
    self.run = run
    self.count = count
  }

  package static func < (left: Self, right: Self) -> Bool {
    (left.epoch, left.run, left.count) < (right.epoch, right.run, right.count)
  }
}

/// What a terminal asks of the others of its canteen before it approves.
package struct ReservationRequest: Hashable, Sendable {
  /// What it has spent and reserved, the sale that it asks for among it.
  package let statement: SpendStatement
  /// The most that the group may approve for the account in the period, and in how many sales; a peer
  /// whose own rules allow less keeps to those.
  package let cap: Fen
  package let approvals: Int

  package init(statement: SpendStatement, cap: Fen, approvals: Int) {
    self.statement = statement
    self.cap = cap
    self.approvals = approvals
  }
}

/// What a peer says to a reservation.
package enum ReservationVerdict: UInt8, Hashable, Sendable, CaseIterable {
  /// It is on the peer's disk and counts there.
  case taken = 1
  /// The peer knows of so much that the cap does not hold with it.
  case overCap = 2
  /// The peer has heard a newer statement of the terminal: this one is an older one's, or a copy's.
  case stale = 3
  /// The peer's own rules have no groups, or none that it knows of.
  case noGroup = 4
  /// The peer knows that the account may not pay.
  case notActive = 5
}

/// The answer to a reservation.
package struct ReservationAnswer: Hashable, Sendable {
  package let verdict: ReservationVerdict
  /// What the peer itself spent and reserved of the same account in the same period; what it knows of
  /// others it leaves to them, so that nobody speaks for another.
  package let own: SpendStatement

  package init(verdict: ReservationVerdict, own: SpendStatement) {
    self.verdict = verdict
    self.own = own
  }
}
