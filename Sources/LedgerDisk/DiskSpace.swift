import Glibc

/// What is left of a file system.
package struct DiskSpace: Hashable, Sendable {
  /// What a process without privileges may still write, in bytes.
  package let free: Int64
  package let total: Int64

  package init(free: Int64, total: Int64) {
    self.free = free
    self.total = total
  }

  /// Of the file system that holds a path; `nil` when the system does not say.
  package static func read(at path: String) -> DiskSpace? {
    var facts = statvfs()
    guard unsafe statvfs(path, &facts) == 0 else { return nil }
    let block = Int64(facts.f_frsize)
    return DiskSpace(free: Int64(facts.f_bavail) * block, total: Int64(facts.f_blocks) * block)
  }
}
