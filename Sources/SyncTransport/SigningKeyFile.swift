import Foundation
package import SyncProtocol

/// The file that holds a private signing key: 32 bytes, readable by its owner only.
package enum SigningKeyFile {
  /// Why the key cannot be used. Each text says what to do.
  package enum Failure: Error, Equatable, Sendable, CustomStringConvertible {
    /// Others may read the file.
    case tooOpen(path: String)
    case unreadable(path: String, reason: String)

    package var description: String {
      switch self {
      case .tooOpen(let path):
        "\(path) can be read by others: chmod 600 it, and replace the key if it was copied"
      case .unreadable(let path, let reason):
        "\(path) cannot be used as a key: \(reason)"
      }
    }
  }

  /// Reads the key, or makes a new one when there is no file yet.
  ///
  /// A new key is on disk before this returns.
  package static func readOrCreate(_ path: String) throws(Failure) -> SigningKey {
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      guard errno == EEXIST else { throw .unreadable(path: path, reason: lastError()) }
      return try read(path)
    }
    defer { close(descriptor) }
    let key = SigningKey()
    let bytes = key.rawBytes
    guard bytes.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == bytes.count,
      fsync(descriptor) == 0
    else { throw .unreadable(path: path, reason: lastError()) }
    return key
  }

  private static func read(_ path: String) throws(Failure) -> SigningKey {
    var facts = stat()
    guard stat(path, &facts) == 0 else { throw .unreadable(path: path, reason: lastError()) }
    guard facts.st_mode & 0o077 == 0 else { throw .tooOpen(path: path) }
    do {
      let bytes = try Data(contentsOf: URL(filePath: path))
      return try SigningKey(rawBytes: Array(bytes))
    } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
  }

  private static func lastError() -> String { String(cString: strerror(errno)) }
}
