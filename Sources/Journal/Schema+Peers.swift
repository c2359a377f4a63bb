extension Schema {
  /// Version 2: the canteen's other terminals.
  static let peers = """
    -- How often the ledger was opened: what it states to other terminals is ordered by it.
    ALTER TABLE terminal_state ADD COLUMN runs INTEGER NOT NULL DEFAULT 0;

    -- The other terminals of the canteen, by the roster that the centre signed, and where they listen.
    CREATE TABLE peer (
      terminal INTEGER PRIMARY KEY,
      url TEXT
    ) STRICT;

    -- What other terminals of the canteen spent and reserved, by the newest statement of each. A row ends by
    -- a newer one, and with its day.
    CREATE TABLE peer_spend (
      account INTEGER NOT NULL,
      day INTEGER NOT NULL,
      period INTEGER NOT NULL,
      terminal INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      PRIMARY KEY (account, day, period, terminal)
    ) STRICT, WITHOUT ROWID;

    CREATE INDEX peer_spend_by_day ON peer_spend (day);

    -- The newest head that each of them signed, for the centre, and whether that has it.
    CREATE TABLE witness (
      terminal INTEGER PRIMARY KEY,
      epoch INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      is_handed_in INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    -- The last record of another terminal that the fed balance includes.
    CREATE TABLE peer_includes (
      account INTEGER NOT NULL,
      terminal INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      PRIMARY KEY (account, terminal)
    ) STRICT, WITHOUT ROWID;
    """
}
