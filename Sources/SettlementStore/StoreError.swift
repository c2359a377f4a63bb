package import CanteenModel
import SQLStore
package import SyncProtocol

/// Why the books could not do what they were asked.
package enum StoreError: Error, Equatable, Sendable {
  /// The commit failed: it may or may not be on disk. Nothing is acknowledged. Stop, exit 75, start
  /// again; the terminals send the same batch once more. `code` is the store's own: `SQLite 13`.
  case commitFailed(code: String)
  /// An earlier commit failed, or the books were closed: they take nothing until they are reopened.
  case stopped
  /// Another process holds the books: ask it instead.
  case inUse
  /// The store could not be opened or read. `code` is its own: `SQLite 14`, `PostgreSQL 3D000`.
  case unusable(code: String, String)
  /// What is on disk contradicts itself; the text names the place.
  case damaged(String)
  /// The tables were written by a newer version of this program.
  case fromNewerVersion(schema: Int)
  /// No such terminal: add it first.
  case unknownTerminal(TerminalID)
  /// The operator shut the terminal or its certificate out.
  case shutOut(TerminalID, String)
  /// The bytes are not what the terminal may send, or not from it.
  case notGenuine(WireError)
  /// An operator's request or file is wrong; nothing of it was taken. One line for each fault, each
  /// of which says what to do.
  case refused([String])
}

extension StoreError {
  /// Converts what the store, the wire and the arithmetic threw, with the original code kept.
  init(_ error: any Error) {
    switch error {
    case let error as StoreError: self = error
    case let error as SQLError where error.kind == .inUse: self = .inUse
    case let error as SQLError: self = .unusable(code: error.code, error.message)
    case let error as WireError: self = .notGenuine(error)
    case let error as MoneyError: self = .damaged("a sum of money: \(error)")
    default: self = .damaged("\(error)")
    }
  }
}

extension StoreError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .commitFailed(let code): "the commit failed (\(code)): start the service again"
    case .stopped: "the books are closed: start the service again"
    case .inUse: "another process holds the books: stop it, or ask it through its socket"
    case .unusable(let code, let text): "the books cannot be used (\(code)): \(text)"
    case .damaged(let text): "the books contradict themselves: \(text)"
    case .fromNewerVersion(let schema):
      "the books were written by a newer version (schema \(schema)): install that version"
    case .unknownTerminal(let terminal):
      "terminal \(terminal) is not known: canteen-settlement terminal add --help"
    case .shutOut(let terminal, let reason): "terminal \(terminal) is shut out: \(reason)"
    case .notGenuine(let error): Self.advice(on: error)
    case .refused(let faults): faults.joined(separator: "\n")
    }
  }

  private static func advice(on error: WireError) -> String {
    switch error {
    case .malformed(let field): "\(field) is not what the wire contract says: same versions?"
    case .tooLarge(let part): "\(part) is larger than the wire contract allows"
    case .unsupported(let part): "\(part) is not spoken here: update the centre first"
    case .badSignature:
      "the signature is not this terminal's: was its key replaced? It joins anew under a new number"
    case .retiredKey:
      "the terminal handed over to another key, and this one is of before: does an old copy of its key "
        + "file, or of the whole terminal, speak? Put the newest terminal.key back, or retire the copy"
    case .brokenChain: "the records do not lead to the stated head: they were changed on the way"
    }
  }
}
