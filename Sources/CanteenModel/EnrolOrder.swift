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
