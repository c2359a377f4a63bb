import GRDB

/// The tables of the ledger, and how to reach them from older versions. Migrations go forward only.
enum Schema {
  /// Grows by one with every migration; kept in SQLite's `user_version`.
  static let version = 1

  /// Creates or migrates the tables in one transaction.
  ///
  /// - Throws: ``JournalError/fromNewerVersion(schema:)`` when a newer program wrote the file.
  static func migrate(_ db: Database) throws {
    let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    guard found <= version else { throw JournalError.fromNewerVersion(schema: found) }
    guard found < version else { return }
    try db.inTransaction(.immediate) {
      try db.execute(sql: first)
      try db.execute(sql: "PRAGMA user_version = \(version)")
      return .commit
    }
  }

  private static let first = """
    -- One row: who this is, where the chain ends, what the centre has, what it was fed.
    CREATE TABLE terminal_state (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      terminal INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      head BLOB NOT NULL CHECK (length(head) = 32),
      acked_epoch INTEGER NOT NULL,
      acked_sequence INTEGER NOT NULL,
      acked_head BLOB NOT NULL CHECK (length(acked_head) = 32),
      acked_time_ms INTEGER NOT NULL DEFAULT 0,
      nonce BLOB CHECK (length(nonce) = 32),
      next_size INTEGER NOT NULL,
      next_epoch INTEGER NOT NULL DEFAULT 0,
      epoch_token BLOB CHECK (length(epoch_token) = 32),
      -- What opened this epoch; the centre sees it until it acknowledges a record of the epoch.
      opening_token BLOB CHECK (length(opening_token) = 32),
      feed_cursor INTEGER NOT NULL DEFAULT 0,
      rulebook BLOB,
      -- The machine's boot, and the last record before it: what came later has this boot's clock.
      boot_id TEXT NOT NULL DEFAULT '',
      boot_epoch INTEGER NOT NULL DEFAULT 0,
      boot_sequence INTEGER NOT NULL DEFAULT 0,
      -- 1 from the opening until everything was shown and closed.
      is_open INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    -- The records as they were made. The head after a record is its identity.
    CREATE TABLE record (
      epoch INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      wall_ms INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      head BLOB NOT NULL CHECK (length(head) = 32),
      PRIMARY KEY (epoch, sequence)
    ) STRICT, WITHOUT ROWID;

    -- What the own sales took from an account, until the feed includes them.
    CREATE TABLE sale (
      account INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      subsidy_fen INTEGER NOT NULL,
      personal_fen INTEGER NOT NULL,
      boot_ms INTEGER NOT NULL,
      PRIMARY KEY (account, epoch, sequence)
    ) STRICT, WITHOUT ROWID;

    -- How often and for how much an account ate in a meal at this terminal.
    CREATE TABLE meal_counter (
      account INTEGER NOT NULL,
      day INTEGER NOT NULL,
      period INTEGER NOT NULL,
      sales INTEGER NOT NULL,
      fen INTEGER NOT NULL,
      PRIMARY KEY (account, day, period)
    ) STRICT, WITHOUT ROWID;

    -- What the centre fed.
    CREATE TABLE account (
      account INTEGER PRIMARY KEY,
      masked_name TEXT NOT NULL,
      status INTEGER NOT NULL,
      subsidy_fen INTEGER NOT NULL,
      personal_fen INTEGER NOT NULL,
      version INTEGER NOT NULL,
      includes_epoch INTEGER NOT NULL,
      includes_sequence INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE credential (
      kind INTEGER NOT NULL,
      value BLOB NOT NULL,
      account INTEGER NOT NULL,
      PRIMARY KEY (kind, value)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX credential_by_account ON credential (account);
    """
}
