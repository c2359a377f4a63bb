/// What SQLite is told before anything is written, for a ledger as for the centre's books.
package enum DurabilitySettings {
  /// Each with the value that it must read back as.
  ///
  /// The order matters: the exclusive lock comes before WAL, so that the WAL index lives in memory.
  package static let pragmas: [(name: String, value: String, readsBack: String)] = [
    ("locking_mode", "EXCLUSIVE", "exclusive"),
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", "2"),
    ("wal_autocheckpoint", "0", "0"),
    ("trusted_schema", "OFF", "0"),
    ("cell_size_check", "ON", "1"),
    ("foreign_keys", "ON", "1"),
    ("mmap_size", "0", "0"),
  ]
}
