/// Where the chain of a terminal's records ends, by its own word.
package struct ChainHead: Hashable, Sendable {
  package let terminal: TerminalID
  /// The last record.
  package let position: JournalPosition
  /// The head behind it.
  package let head: Digest32

  package init(terminal: TerminalID, position: JournalPosition, head: Digest32) {
    self.terminal = terminal
    self.position = position
    self.head = head
  }
}
