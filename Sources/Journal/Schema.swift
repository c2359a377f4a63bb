import GRDB

/// The tables of the ledger, and how to reach them from older versions. Migrations go forward only.
enum Schema {
  /// Grows by one with every migration; kept in SQLite's `user_version`.
  static let version = 2

  /// Creates or migrates the tables in one transaction.
  ///
  /// - Throws: ``JournalError/fromNewerVersion(schema:)`` when a newer program wrote the file.
  static func migrate(_ db: Database) throws {
    let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    guard found <= version else { throw JournalError.fromNewerVersion(schema: found) }
    guard found < version else { return }
    try db.inTransaction(.immediate) {
      if found < 1 { try db.execute(sql: first + holds + salvage + keys) }
      if found < 2 { try db.execute(sql: peers) }
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
      -- What was sold behind the acknowledged record.
      unsettled_fen INTEGER NOT NULL DEFAULT 0,
      next_epoch INTEGER NOT NULL DEFAULT 0,
      epoch_token BLOB CHECK (length(epoch_token) = 32),
      -- What opened this epoch; the centre sees it until it acknowledges a record of the epoch.
      opening_token BLOB CHECK (length(opening_token) = 32),
      feed_cursor INTEGER NOT NULL DEFAULT 0,
      -- Where the terminal stands, by the centre's roster; 0 until it said so.
      canteen INTEGER NOT NULL DEFAULT 0,
      is_only_terminal INTEGER NOT NULL DEFAULT 0,
      -- The last closing of a day; 0: none yet.
      closed_epoch INTEGER NOT NULL DEFAULT 0,
      closed_sequence INTEGER NOT NULL DEFAULT 0,
      -- The machine's boot, and the last record before it: what came later has this boot's clock.
      boot_id TEXT NOT NULL DEFAULT '',
      boot_epoch INTEGER NOT NULL DEFAULT 0,
      boot_sequence INTEGER NOT NULL DEFAULT 0,
      -- 1 as soon as an ack said that the terminal is retired.
      is_retired INTEGER NOT NULL DEFAULT 0,
      -- 1 from the opening until everything was shown and closed.
      is_open INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    -- One row as soon as a record was removed: the last of them, and the head after it. What is left is
    -- verified from here. Meals before the day are counted no longer.
    CREATE TABLE pruned (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      epoch INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      head BLOB NOT NULL CHECK (length(head) = 32),
      counted_from_day INTEGER NOT NULL,
      -- Over the row: nothing else could tell that the day is another.
      seal BLOB NOT NULL CHECK (length(seal) = 32)
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

    -- Which records give back what a sale took.
    CREATE TABLE correction (
      original_epoch INTEGER NOT NULL,
      original_sequence INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      PRIMARY KEY (original_epoch, original_sequence, epoch, sequence)
    ) STRICT, WITHOUT ROWID;

    -- What the own sales took from an account's tranches, and corrections gave back (less than 0),
    -- until the feed includes them. A sale that cost nothing has one row of 0 fen.
    CREATE TABLE sale (
      account INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      purse INTEGER NOT NULL,
      tranche INTEGER NOT NULL,
      fen INTEGER NOT NULL,
      boot_ms INTEGER NOT NULL,
      PRIMARY KEY (account, epoch, sequence, purse, tranche)
    ) STRICT, WITHOUT ROWID;

    -- What an account did in a meal at this terminal; period 0 is the day between meals. Sales count
    -- own meals; alone is what was decided without the centre.
    CREATE TABLE meal_counter (
      account INTEGER NOT NULL,
      day INTEGER NOT NULL,
      period INTEGER NOT NULL,
      sales INTEGER NOT NULL,
      guests INTEGER NOT NULL,
      fen INTEGER NOT NULL,
      alone INTEGER NOT NULL,
      alone_fen INTEGER NOT NULL,
      market_fen INTEGER NOT NULL,
      PRIMARY KEY (account, day, period)
    ) STRICT, WITHOUT ROWID;

    -- The rulebooks that the centre signed: the one in force, and those that are yet to come.
    CREATE TABLE rulebook (
      version INTEGER PRIMARY KEY,
      bytes BLOB NOT NULL
    ) STRICT;

    -- What the centre fed.
    CREATE TABLE account (
      account INTEGER PRIMARY KEY,
      masked_name TEXT NOT NULL,
      status INTEGER NOT NULL,
      category INTEGER NOT NULL,
      home_canteen INTEGER NOT NULL,
      version INTEGER NOT NULL,
      includes_epoch INTEGER NOT NULL,
      includes_sequence INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE tranche (
      account INTEGER NOT NULL,
      purse INTEGER NOT NULL,
      tranche INTEGER NOT NULL,
      fen INTEGER NOT NULL,
      last_day INTEGER,
      PRIMARY KEY (account, purse, tranche)
    ) STRICT, WITHOUT ROWID;

    -- What a meal costs by the diner's own unit.
    CREATE TABLE home_price (
      account INTEGER NOT NULL,
      period INTEGER NOT NULL,
      fen INTEGER NOT NULL,
      PRIMARY KEY (account, period)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE item (
      code INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      category INTEGER NOT NULL,
      price_fen INTEGER NOT NULL,
      ceiling_fen INTEGER,
      version INTEGER NOT NULL
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
