import Foundation
import LinkSecurity
import SyncProtocol
import SyncTransport
import Synchronization

/// The centre's authority, and what the centre itself shows: a key of this process' life, whose certificate is
/// made anew when it is due.
package final class CentreIdentity: Sendable {
  let authority: CertificateAuthority
  private let own: Mutex<LinkIdentity>
  private let now: @Sendable () -> Int64

  /// - Parameters:
  ///   - path: The file of the authority; made when there is none yet.
  ///   - credentials: Where it is taken from if it is there, by the file's name.
  ///   - store: What people call the books, which come after it.
  ///   - isUsed: Whether there are books: then a missing authority was lost.
  ///   - now: Unix time in milliseconds.
  init(
    path: String, credentials: ServiceCredentials = ServiceCredentials(folder: nil),
    of store: String, unless isUsed: () throws -> Bool,
    now: @escaping @Sendable () -> Int64
  ) throws {
    let name = URL(filePath: path).lastPathComponent
    if let bytes = try credentials.read(name) {
      authority = try CertificateAuthority(pem: String(decoding: bytes, as: UTF8.self))
    } else {
      authority = try Self.authority(path, store, isUsed, now: now())
    }
    own = Mutex(try authority.ownIdentity(now: now()))
    self.now = now
  }

  /// What the centre shows now.
  var current: LinkIdentity {
    own.withLock { own in
      guard own.certificate.renewalDue <= now() else { return own }
      // try?: what cannot be made anew is good for another third of its life, and the next caller tries again.
      if let next = try? authority.ownIdentity(now: now()) { own = next }
      return own
    }
  }

  /// A certificate for a terminal.
  func certificate(
    for terminal: LinkRole, request: [UInt8]
  ) throws(LinkSecurityError) -> LinkCertificate {
    try authority.certificate(for: terminal, request: request, now: now())
  }

  private static func authority(
    _ path: String, _ store: String, _ isUsed: () throws -> Bool, now: Int64
  ) throws -> CertificateAuthority {
    if let bytes = try SecretFile.read(path) {
      return try CertificateAuthority(pem: String(decoding: bytes, as: UTF8.self))
    }
    if try isUsed() {
      throw SecretFile.Failure.missing(path: path, store: store)
    }
    let bytes = try SecretFile.create(path, Array(try CertificateAuthority(now: now).pem.utf8))
    return try CertificateAuthority(pem: String(decoding: bytes, as: UTF8.self))
  }
}
