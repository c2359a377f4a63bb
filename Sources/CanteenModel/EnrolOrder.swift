/// What an operator types so that a terminal joins its centre.
package struct EnrolOrder: Hashable, Sendable, Codable {
  /// Where the centre is: `https://centre.example.org:8700`.
  package let url: String
  /// As `canteen-settlement terminal add` printed it.
  package let token: String

  package init(url: String, token: String) {
    self.url = url
    self.token = token
  }
}

/// How a terminal joined.
package struct EnrolmentLine: Hashable, Sendable, Codable {
  package let terminal: TerminalID
  /// Whether the daemon must be started again before it speaks to the centre as that.
  package let mustRestart: Bool

  package init(terminal: TerminalID, mustRestart: Bool) {
    self.terminal = terminal
    self.mustRestart = mustRestart
  }
}

/// How the rotation of a terminal's key stands.
package struct KeyRotationLine: Hashable, Sendable, Codable {
  /// The record that names the new key. It signs as soon as the centre has acknowledged this.
  package let position: JournalPosition
  /// Whether the record was there before, and waits for its ack.
  package let wasUnderWay: Bool

  package init(position: JournalPosition, wasUnderWay: Bool) {
    self.position = position
    self.wasUnderWay = wasUnderWay
  }
}
