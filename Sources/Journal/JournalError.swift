package import CanteenModel

/// Why the journal could not do what it was asked.
package enum JournalError: Error, Equatable, Sendable {
  /// The commit failed; the records may or may not be on disk. Never retry and never light: stop,
  /// exit 75, reopen and reconcile. `code` is SQLite's extended result code.
  case commitFailed(code: Int32)
  /// An earlier commit failed, or the journal was closed: it takes nothing more until it is reopened.
  case stopped
  /// This one request failed and was rolled back; others of its group stand.
  case requestFailed(String)
  /// The file could not be opened or read. `code` is SQLite's extended result code.
  case unusable(code: Int32, String)
  /// What is on disk contradicts itself; the text names the first place.
  case damaged(String)
  /// The file belongs to another terminal: somebody copied it.
  case belongsToAnotherTerminal(TerminalID)
  /// The file was written by a newer version of this program.
  case fromNewerVersion(schema: Int)
  /// A feed page does not start where the last one ended.
  case feedOutOfOrder(expected: Int64, found: Int64)
}
