package import CanteenModel
package import SyncProtocol

/// A statement whose figures are right, by the batches that were given.
package struct VerifiedStatement: Equatable, Sendable {
  package let document: StatementDocument
  /// By terminal and place. They came in behind the quarter's line, or never: the caterer may be owed for them.
  package let unseen: [Unseen]

  /// Up to where a neighbour saw a terminal's chain, where the statement's branches of it do not reach or went another
  /// way. The batches say it, as neighbours handed them in or as the centre exports them.
  package struct Unseen: Hashable, Comparable, Sendable {
    package let terminal: TerminalID
    package let position: JournalPosition
    /// Who handed the head in.
    package let witness: TerminalID

    package init(terminal: TerminalID, position: JournalPosition, witness: TerminalID) {
      self.terminal = terminal
      self.position = position
      self.witness = witness
    }

    package static func < (left: Self, right: Self) -> Bool {
      (left.terminal, left.position, left.witness) < (right.terminal, right.position, right.witness)
    }
  }
}
