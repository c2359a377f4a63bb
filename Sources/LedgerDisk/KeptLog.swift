import CSQLiteDisk

/// How a damaged database is left as it was found.
package enum KeptLog {
  /// Closing the connection moves nothing of the write-ahead log into the file and leaves the log there.
  ///
  /// - Parameter connection: An open `sqlite3`, used by nobody else meanwhile.
  @unsafe package static func keep(_ connection: OpaquePointer) {
    unsafe canteen_keep_log(connection)
  }
}
