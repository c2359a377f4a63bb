import Foundation
package import SyncProtocol
import Synchronization

/// The files of the key that a terminal signs its records with: the key, and beside it, while it is rotated,
/// the one that follows (`….next`).
///
/// At any time exactly one of them signs, and the ledger says which: the new key takes the name of the old one
/// only when the ack of its rotation is on disk. A power cut at any place leaves the one, the other, or both.
///
/// Where the service manager hands the key over as a credential of that name, nothing is written: the key that
/// follows is a credential, too, and the operator takes the old one away when it signs no longer.
package final class TerminalKeyFile: Sendable {
  /// What the files hold.
  private struct Content {
    var key: SigningKey
    var next: SigningKey?
  }

  private let path: String
  private let content: Mutex<Content>
  private let isCredential: Bool

  /// Reads the keys, or makes the first one.
  ///
  /// - Parameters:
  ///   - ledger: What people call that which is signed with the key.
  ///   - isUsed: As in ``SigningKeyFile/readOrCreate(_:of:unless:)``.
  ///   - credentials: Where the key is taken from if it is there, by the file's name.
  /// - Throws: What `isUsed` throws, and a ``SecretFile/Failure``.
  package init(
    _ path: String, of ledger: String, unless isUsed: () throws -> Bool,
    credentials: ServiceCredentials
  ) throws {
    self.path = path
    let name = URL(filePath: path).lastPathComponent
    if let key = try credentials.signingKey(name) {
      isCredential = true
      content = Mutex(
        Content(key: key, next: try credentials.signingKey(name + Self.nextMark)))
      return
    }
    isCredential = false
    let key = try SigningKeyFile.readOrCreate(path, of: ledger, unless: isUsed)
    content = Mutex(Content(key: key, next: try SigningKeyFile.read(path + Self.nextMark)))
  }

  private static let nextMark = ".next"

  package var key: SigningKey { content.withLock { $0.key } }

  /// The key that is to follow; `nil` when none was made.
  package var next: SigningKey? { content.withLock { $0.next } }

  /// Whether there is a key that may follow, or one may be made: a credential is never written.
  package var mayPrepareNext: Bool { !isCredential || next != nil }

  /// The key that is to follow, made when there is none yet. It is on disk when this returns.
  ///
  /// One that is there already was made for a rotation that was never written down, or waits for its ack.
  ///
  /// - Throws: ``SecretFile/Failure``.
  package func prepareNext() throws(SecretFile.Failure) -> SigningKey {
    let (key, next) = content.withLock { ($0.key, $0.next) }
    if let next { return next }
    guard !isCredential else {
      throw .unreadable(
        path: path + Self.nextMark, reason: "it is no credential, as the key before it is")
    }
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
    if !isCredential { try SecretFile.move(path + Self.nextMark, to: path) }
    content.withLock { $0 = Content(key: signing, next: nil) }
  }
}
