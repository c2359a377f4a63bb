import Glibc

/// A file of no content that keeps room free on the ledger's file system: when the disk is full it is
/// thrown off, and what must still be written has that room.
package struct Ballast: Sendable {
  package let path: String
  /// 1 or more.
  package let bytes: Int64

  package init(path: String, bytes: Int64) {
    self.path = path
    self.bytes = bytes
  }

  package var isThere: Bool { unsafe access(path, F_OK) == 0 }

  /// Takes the room.
  ///
  /// - Returns: Whether it was there, or is now. When there is too little room none of it is taken.
  package func make() -> Bool {
    if isThere { return true }
    // Under another name first: a ballast that is there is whole.
    let unfinished = path + ".new"
    let descriptor = unsafe open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    guard posix_fallocate(descriptor, 0, off_t(bytes)) == 0, fsync(descriptor) == 0,
      unsafe rename(unfinished, path) == 0
    else {
      unsafe unlink(unfinished)
      return false
    }
    return true
  }

  /// Gives the room back. Without a ballast nothing happens.
  package func release() {
    unsafe unlink(path)
  }
}
