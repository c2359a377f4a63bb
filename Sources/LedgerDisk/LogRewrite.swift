import CSQLiteDisk

/// What the disk under a ledger, or under the centre's books, refused.
package struct DiskError: Error, Equatable, Sendable {
  /// SQLite's extended result code.
  package let code: Int32

  init(code: Int32) {
    self.code = code
  }

  /// Another process has the database open.
  package var isInUse: Bool { code & 0xFF == SQLITE_BUSY }
}

/// What happens to a write-ahead log before anything is built on it.
///
/// After an fsync that failed, the kernel takes the log's pages for clean, whether they arrived or not,
/// and a new process reads them from memory as if they were on disk. A checkpoint would write them over
/// the file, and a power cut meanwhile leave neither. So the log is first written again where it stands,
/// byte for byte, and synced.
package enum LogRewrite {
  /// Writes the log beside a database again. The database is held exclusively meanwhile, and is not open
  /// afterwards. Without a log nothing happens.
  package static func run(database path: String) throws(DiskError) {
    let code = unsafe canteen_rewrite_log(path)
    guard code == SQLITE_OK else { throw DiskError(code: code) }
  }
}
