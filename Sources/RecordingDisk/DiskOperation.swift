/// One thing that happened to the files of a recording, in the one order of the log.
package enum DiskOperation: Hashable, Sendable {
  case created(String)
  case wrote(String, offset: Int, bytes: [UInt8])
  case truncated(String, size: Int)
  /// - `withFolder`: the names in the folder were made durable, too.
  case synced(String, withFolder: Bool)
  /// The sync failed: the kernel takes the file's pages for clean now, whether they arrived or not.
  case syncFailed(String)
  case deleted(String, withFolder: Bool)
  /// Something was promised to the world at this moment: a light, an ack. The number is the
  /// laboratory's.
  case mark(Int)
}

/// A kind of call that SQLite makes, which can be counted and refused.
package enum DiskCall: String, Hashable, Sendable, CaseIterable {
  case open, read, write, truncate, sync, delete
}

/// How a call fails.
package struct DiskFault: Hashable, Sendable {
  package enum Error: String, Hashable, Sendable, CaseIterable {
    /// EIO, with nothing done.
    case ioError
    /// EIO or ENOSPC behind a part of the write.
    case shortWrite
    /// ENOSPC.
    case full
  }

  package let call: DiskCall
  /// The first call of its kind that fails; 1 or more.
  package let number: Int
  package let error: Error
  /// Every later call that changes something fails, too: the disk is gone.
  package let isLasting: Bool

  package init(call: DiskCall, number: Int, error: Error, isLasting: Bool) {
    self.call = call
    self.number = number
    self.error = error
    self.isLasting = isLasting
  }
}
