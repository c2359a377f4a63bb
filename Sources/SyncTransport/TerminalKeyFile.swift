import Foundation
package import SyncProtocol
import Synchronization

/// The files of the key that a terminal signs its records with: the key, and beside it, while it is rotated,
/// the one that follows (`….next`).
///
/// At any time exactly one of them signs, and the ledger says which: the new key takes the name of the old one
/// only when the ack of its rotation is on disk. A power cut at any place leaves the one, the other, or both.
package final class TerminalKeyFile: Sendable {
  /// What the files hold.
  private struct Content {
    var key: SigningKey
    var next: SigningKey?
  }

  private let path: String
  private let content: Mutex<Content>

  /// Reads the keys, or makes the first one.
  ///
  /// - Parameter ledger: As in ``SigningKeyFile/readOrCreate(_:unlessExists:)``.
  /// - Throws: ``SecretFile/Failure``.
  package init(_ path: String, ledger: String) throws {
    self.path = path
    let key = try SigningKeyFile.readOrCreate(path, unlessExists: ledger)
    content = Mutex(Content(key: key, next: try SigningKeyFile.read(path + Self.nextMark)))
  }

  private static let nextMark = ".next"

  package var key: SigningKey { content.withLock { $0.key } }

  /// The key that is to follow; `nil` when none was made.
  package var next: SigningKey? { content.withLock { $0.next } }

  /// The key that is to follow, made when there is none yet. It is on disk when this returns.
  ///
  /// One that is there already was made for a rotation that was never written down, or waits for its ack.
  ///
  /// - Throws: ``SecretFile/Failure``.
  package func prepareNext() throws(SecretFile.Failure) -> SigningKey {
    let (key, next) = content.withLock { ($0.key, $0.next) }
    if let next { return next }
    let made = try SigningKeyFile.create(path + Self.nextMark, SigningKey(succeeding: key))
    content.withLock { $0.next = made }
    return made
  }

  /// Gives the key that signs now the name of the one before it, which is then gone. Without one that waits
  /// for this nothing happens.
  ///
  /// - Parameter signing: What the ledger signs with: its ack is on disk.
  /// - Throws: ``SecretFile/Failure``; both files are then as they were.
  package func follow(_ signing: SigningKey) throws(SecretFile.Failure) {
    let isDue = content.withLock { $0.next?.rawBytes == signing.rawBytes }
    guard isDue else { return }
    try SecretFile.move(path + Self.nextMark, to: path)
    content.withLock { $0 = Content(key: signing, next: nil) }
  }
}
