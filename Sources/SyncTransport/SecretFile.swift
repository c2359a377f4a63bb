import Foundation

/// A file that holds a secret: readable by its owner only, and always whole.
///
/// New content is written whole under another name, made durable, and then linked or renamed to its own. A
/// power cut leaves what was there or what is new, and at most a file beside it whose name ends in `.new-` and
/// digits; the next use removes that.
package enum SecretFile {
  /// Why the file cannot be used. Each text says what to do.
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
        "\(path) has \(bytes) bytes, which are no key: restore it from a backup; remove it only if "
          + "nothing was ever signed with it"
      case .missing(let path, let store):
        "\(path) is missing, the key of \(store): restore it from a backup. No new key is made: "
          + "with one, everything that was signed before could not be verified any more"
      case .unreadable(let path, let reason):
        "\(path) cannot be used as a key: \(reason)"
      }
    }
  }

  /// What the name of a file that is being written ends in; 16 hexadecimal digits follow.
  private static let unfinishedMark = ".new-"
  /// No secret is longer.
  private static let bytesLimit = 64 * 1024

  /// Who but the owner may read a file.
  package enum Audience: Sendable {
    case nobody
    /// The group: only for what ``ServiceCredentials`` reads. The file is root's then, or the service's.
    case credential

    /// What of a file's rights is too much.
    fileprivate var forbidden: mode_t {
      switch self {
      case .nobody: 0o077
      case .credential: 0o037
      }
    }
  }

  /// - Returns: `nil` when there is no file.
  package static func read(
    _ path: String, as audience: Audience = .nobody
  ) throws(Failure) -> [UInt8]? {
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
    let isOurs = audience == .nobody || [0, geteuid()].contains(facts.st_uid)
    guard facts.st_mode & audience.forbidden == 0, isOurs else { throw .tooOpen(path: path) }
    guard facts.st_size <= bytesLimit else {
      throw .notWhole(path: path, bytes: Int(facts.st_size))
    }
    do {
      let bytes = try FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).readToEnd()
      return Array(bytes ?? Data())
    } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
  }

  /// Makes the file unless it is there. When two callers make one at once, both get the same.
  ///
  /// - Returns: What the file holds: `bytes`, or what another caller wrote first. It is on disk.
  package static func create(_ path: String, _ bytes: [UInt8]) throws(Failure) -> [UInt8] {
    let unfinished = try written(bytes, beside: path)
    let isOurs = link(unfinished, path) == 0
    let linkError = errno
    unlink(unfinished)
    if isOurs {
      try settle(path)
      return bytes
    }
    // ENOENT: another creator was first and has cleaned up behind both.
    guard linkError == EEXIST || linkError == ENOENT, let first = try read(path) else {
      throw .unreadable(path: path, reason: text(of: linkError))
    }
    try settle(path)
    return first
  }

  /// Makes the file, or puts this in the place of what it held. When this returns, it is on disk.
  package static func replace(_ path: String, _ bytes: [UInt8]) throws(Failure) {
    let unfinished = try written(bytes, beside: path)
    guard rename(unfinished, path) == 0 else { throw abandoned(unfinished, errno) }
    try settle(path)
  }

  /// Gives a file the name of another one, whose content is then gone. When this returns, it is on disk.
  package static func move(_ path: String, to target: String) throws(Failure) {
    guard rename(path, target) == 0 else {
      throw .unreadable(path: path, reason: text(of: errno))
    }
    try settle(target)
  }

  /// Makes the file's name durable, also when another process gave it and was killed before it did,
  /// and removes what a power cut left behind.
  package static func settle(_ path: String) throws(Failure) {
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
  }

  /// Whether there is anything of that name.
  package static func exists(_ path: String) throws(Failure) -> Bool {
    var facts = stat()
    if stat(path, &facts) == 0 { return true }
    guard errno == ENOENT else { throw .unreadable(path: path, reason: text(of: errno)) }
    return false
  }

  /// Whether a folder is root's or this process' user's, and nobody but those and its group may enter it.
  static func isClosedToStrangers(_ folder: String) throws(Failure) -> Bool {
    var facts = stat()
    guard stat(folder, &facts) == 0 else {
      throw .unreadable(path: folder, reason: text(of: errno))
    }
    return facts.st_mode & 0o027 == 0 && [0, geteuid()].contains(facts.st_uid)
  }

  // MARK: - Writing

  /// - Returns: The name of a whole and durable file beside `path`.
  private static func written(
    _ bytes: [UInt8], beside path: String
  ) throws(Failure) -> String {
    let unfinished = path + unfinishedMark + randomName()
    let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .unreadable(path: unfinished, reason: text(of: errno)) }
    defer { close(descriptor) }
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw abandoned(unfinished, errno) }
      done += count
    }
    guard fsync(descriptor) == 0 else { throw abandoned(unfinished, errno) }
    return unfinished
  }

  /// Removes a file that could not be written.
  private static func abandoned(_ path: String, _ number: Int32) -> Failure {
    unlink(path)
    return .unreadable(path: path, reason: text(of: number))
  }

  private static func randomName() -> String {
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private static func text(of number: Int32) -> String { String(cString: strerror(number)) }
}
