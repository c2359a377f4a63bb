import Foundation
package import SyncProtocol

/// The secrets that the service manager hands to this service alone, each a file in a folder of its own: what
/// `LoadCredential=` and `LoadCredentialEncrypted=` name (systemd.exec(5)). They are read, never written.
package struct ServiceCredentials: Sendable {
  /// `nil` for a process that was given none.
  package let folder: String?

  package init(folder: String?) {
    self.folder = folder
  }

  /// What this process was given: `$CREDENTIALS_DIRECTORY`.
  package static var ofThisProcess: ServiceCredentials {
    ServiceCredentials(
      folder: ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"])
  }

  /// Reads a secret.
  ///
  /// The files belong to root or to the service, and the manager opens them to the service through their group
  /// or an access list, which shows as the group's right to read. That is allowed here and nowhere else, and only
  /// where strangers cannot even enter the folder.
  ///
  /// - Returns: `nil` when there is none of that name.
  /// - Throws: ``SecretFile/Failure``.
  package func read(_ name: String) throws(SecretFile.Failure) -> [UInt8]? {
    guard let folder, try SecretFile.exists(path(of: name)) else { return nil }
    guard try SecretFile.isClosedToStrangers(folder) else { throw .tooOpen(path: folder) }
    return try SecretFile.read(path(of: name), as: .credential)
  }

  /// Reads a signing key, as ``SigningKeyFile`` keeps them.
  ///
  /// - Returns: `nil` when there is none of that name.
  /// - Throws: ``SecretFile/Failure``.
  package func signingKey(_ name: String) throws(SecretFile.Failure) -> SigningKey? {
    guard let bytes = try read(name) else { return nil }
    return try SigningKeyFile.key(in: bytes, path(of: name))
  }

  private func path(of name: String) -> String { (folder ?? "") + "/" + name }
}
