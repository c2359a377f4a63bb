import Foundation
package import SyncProtocol

/// The file that holds a private signing key: 32 bytes, readable by its owner only.
///
/// A new key is written whole under another name and then linked to its own, which never replaces
/// a file that is there. A power cut leaves no key or a whole one, and at most a file beside it
/// whose name ends in `.new-` and digits; the next start removes that.
package enum SigningKeyFile {
  /// Why the key cannot be used. Each text says what to do.
  package enum Failure: Error, Equatable, Sendable, CustomStringConvertible {
    /// Others may read the file.
    case tooOpen(path: String)
    /// It has fewer or more bytes than a key: an earlier version was cut off while it wrote.
    case notWhole(path: String, bytes: Int)
    /// There is no key, but there is what was signed with it.
    case missing(path: String, store: String)
    case unreadable(path: String, reason: String)

    package var description: String {
      switch self {
      case .tooOpen(let path):
        "\(path) can be read by others: chmod 600 it, and replace the key if it was copied"
      case .notWhole(let path, let bytes):
        "\(path) has \(bytes) bytes and not \(keyLength), so it holds no key: restore it from a "
          + "backup; remove it only if nothing was ever signed with it"
      case .missing(let path, let store):
        "\(path) is missing, the key of \(store): restore it from a backup. No new key is made: "
          + "with one, everything that was signed before could not be verified any more"
      case .unreadable(let path, let reason):
        "\(path) cannot be used as a key: \(reason)"
      }
    }
  }

  private static let keyLength = 32
  /// What the name of a file that is being written ends in; 16 hexadecimal digits follow.
  private static let unfinishedMark = ".new-"

  /// Reads the key, or makes a new one when there is no file yet.
  ///
  /// A key is on disk before this returns. When two callers make one at once, both get the same.
  package static func readOrCreate(_ path: String) throws(Failure) -> SigningKey {
    if let key = try read(path) { return try settled(key, path) }
    return try create(path)
  }

  /// Reads the key, or makes a new one when there is neither a key nor anything signed with it.
  ///
  /// - Parameter store: The ledger's or the books' file, which comes after the key: where it exists,
  ///   a missing key was lost.
  /// - Throws: ``Failure/missing(path:store:)``, and what ``readOrCreate(_:)`` throws.
  package static func readOrCreate(
    _ path: String, unlessExists store: String
  ) throws(Failure) -> SigningKey {
    if let key = try read(path) { return try settled(key, path) }
    guard try exists(store) else { return try create(path) }
    // Another process may have made both since the look above.
    if let key = try read(path) { return try settled(key, path) }
    throw .missing(path: path, store: store)
  }

  // MARK: - Making

  private static func create(_ path: String) throws(Failure) -> SigningKey {
    let key = SigningKey()
    let unfinished = path + unfinishedMark + randomName()
    try write(key.rawBytes, to: unfinished)
    let isOurs = link(unfinished, path) == 0
    let linkError = errno
    unlink(unfinished)
    if isOurs { return try settled(key, path) }
    // ENOENT: another creator was first and has cleaned up behind both.
    guard linkError == EEXIST || linkError == ENOENT, let first = try read(path) else {
      throw .unreadable(path: path, reason: text(of: linkError))
    }
    return try settled(first, path)
  }

  private static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .unreadable(path: path, reason: text(of: errno)) }
    defer { close(descriptor) }
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw abandoned(path, errno) }
      done += count
    }
    guard fsync(descriptor) == 0 else { throw abandoned(path, errno) }
  }

  /// Removes a file that could not be written.
  private static func abandoned(_ path: String, _ number: Int32) -> Failure {
    unlink(path)
    return .unreadable(path: path, reason: text(of: number))
  }

  /// Makes the key's name durable, also when another process gave it and was killed before it did,
  /// and removes what a power cut left behind.
  private static func settled(_ key: SigningKey, _ path: String) throws(Failure) -> SigningKey {
    let url = URL(filePath: path)
    let folder = url.deletingLastPathComponent().path
    // A file that stays is harmless.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasPrefix(url.lastPathComponent + unfinishedMark) {
      unlink(folder + "/" + name)
    }
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(path: folder, reason: text(of: errno)) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .unreadable(path: folder, reason: text(of: errno)) }
    return key
  }

  private static func randomName() -> String {
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  // MARK: - Reading

  /// - Returns: `nil` when there is no file.
  private static func read(_ path: String) throws(Failure) -> SigningKey? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      guard errno == ENOENT else { throw .unreadable(path: path, reason: text(of: errno)) }
      return nil
    }
    defer { close(descriptor) }
    var facts = stat()
    guard fstat(descriptor, &facts) == 0 else {
      throw .unreadable(path: path, reason: text(of: errno))
    }
    guard facts.st_mode & 0o077 == 0 else { throw .tooOpen(path: path) }
    guard facts.st_size == keyLength else {
      throw .notWhole(path: path, bytes: Int(facts.st_size))
    }
    do {
      let bytes = try FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).readToEnd()
      return try SigningKey(rawBytes: Array(bytes ?? Data()))
    } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
  }

  private static func exists(_ path: String) throws(Failure) -> Bool {
    var facts = stat()
    if stat(path, &facts) == 0 { return true }
    guard errno == ENOENT else { throw .unreadable(path: path, reason: text(of: errno)) }
    return false
  }

  private static func text(of number: Int32) -> String { String(cString: strerror(number)) }
}
