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
  /// What is on disk contradicts itself, and no epoch in which to go on can be read there: the centre
  /// must grant one. So many records behind the last ack can be read and link.
  case needsEpoch(finding: String, readable: Int)
  /// The granted epoch is not behind the records that were salvaged.
  case epochTaken(Epoch)
  /// The file belongs to another terminal: somebody copied it.
  case belongsToAnotherTerminal(TerminalID)
  /// The key is not the one that the ledger rotated to, at this place.
  case otherKey(JournalPosition)
  /// The file was written by a newer version of this program.
  case fromNewerVersion(schema: Int)
  /// There is no ledger, but there was one: it must not begin again as if nothing had been sold.
  case lost(path: String)
  /// A granted epoch needs a ledger that is not there yet.
  case alreadyThere(path: String)
  /// A feed page does not start where the last one ended.
  case feedOutOfOrder(expected: Int64, found: Int64)
}

extension JournalError: CustomStringConvertible {
  /// What happened, and what to do.
  package var description: String {
    switch self {
    case .commitFailed(let code):
      "a commit failed (SQLite \(code)): restart canteend, which reads what is on disk"
    case .stopped: "the ledger is closed: restart canteend"
    case .requestFailed(let reason): "the request was rolled back: \(reason)"
    case .unusable(let code, let reason):
      "the ledger cannot be used (SQLite \(code)): \(reason); check the disk and the rights"
    case .damaged(let finding):
      "the ledger is damaged: \(finding); keep the file, and ask the centre what it has"
    case .needsEpoch(let finding, let readable):
      "the ledger is damaged: \(finding); \(readable) records that the centre did not acknowledge "
        + "can be read. Ask the centre for a new epoch (canteen-settlement terminal new-epoch) and "
        + "begin there with canteend new-ledger, which keeps them"
    case .epochTaken(let epoch):
      "the damaged ledger has records of epoch \(epoch) already, which the centre does not know: "
        + "move its files away, keep them, and begin with canteend new-ledger without them"
    case .lost(let path):
      "there is no ledger at \(path), but this terminal has sold before: restore the file, or ask "
        + "the centre for a new epoch (canteen-settlement terminal new-epoch) and begin there with "
        + "canteend new-ledger"
    case .alreadyThere(let path): "there is a ledger at \(path): move it away first, and keep it"
    case .belongsToAnotherTerminal(let terminal):
      "the ledger belongs to terminal \(terminal): each terminal needs its own"
    case .otherKey(let position):
      "terminal.key, or terminal.key.next beside it, is not the key that record "
        + "\(position.epoch)/\(position.sequence) rotated to: put the newest ones back; an older key signs "
        + "nothing that the centre takes"
    case .fromNewerVersion(let schema):
      "a newer version wrote the ledger (schema \(schema)): install that version"
    case .feedOutOfOrder(let expected, let found):
      "the feed begins at \(found), not at \(expected)"
    }
  }
}
