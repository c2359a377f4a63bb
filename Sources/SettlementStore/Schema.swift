import SQLStore

/// The tables of the books, and how to reach them from older versions. Migrations go forward only.
///
/// What SQLite and PostgreSQL both run, with SQLite's names for the types: natural keys that begin with the
/// column the rows would be distributed by, partial indexes, ON CONFLICT.
enum Schema {
  /// Grows by one with every migration; kept in the store.
  static let version = 3

  /// Creates or migrates the tables in one transaction.
  ///
  /// - Throws: ``StoreError/fromNewerVersion(schema:)`` when a newer program wrote them.
  static func migrate(_ db: any Database) throws {
    let found = try db.schemaVersion()
    guard found <= version else { throw StoreError.fromNewerVersion(schema: found) }
    guard found < version else { return }
    try db.begin(.writing)
    do {
      if found < 1 { try db.script(terminals + records + accounts + holds) }
      if found < 2 {
        try db.script(registry + funding + quarter + yearEnd + neighbours + access)
      }
      if found < 3 { try db.script(unitRules) }
      try db.setSchemaVersion(version)
      try db.commit()
    } catch {
      // try?: what failed first is what must be told.
      try? db.rollBack()
      throw error
    }
  }

  private static let terminals = """
    CREATE TABLE terminal (
      number INTEGER PRIMARY KEY CHECK (number > 0),
      name TEXT NOT NULL,
      -- What its records are signed with at the end of the accepted branch; NULL until it joins.
      public_key BLOB CHECK (length(public_key) = 32),
      pull_url TEXT,
      -- When the operator shut it out; NULL: it may settle.
      revoked_ms INTEGER,
      -- When the operator retired it, the last intake before, and who took its place.
      retired_ms INTEGER,
      retired_after INTEGER,
      replaced_by INTEGER,
      -- Of a retired one: how many records it has yet to hand in, by its own last word, and whether it has
      -- read that it is retired.
      tail_missing INTEGER,
      tail_told INTEGER NOT NULL DEFAULT 0,
      -- The canteen where it stands; 0: not told.
      canteen INTEGER NOT NULL DEFAULT 0,
      -- The number of the last intake, of the last one whose ack the terminal was sent, and of the one whose
      -- nonce was echoed last.
      last_intake INTEGER NOT NULL DEFAULT 0,
      last_issued INTEGER NOT NULL DEFAULT 0,
      last_echoed INTEGER NOT NULL DEFAULT 0,
      -- 1: it was fed rows that include nothing, because the ack that it echoed was not held.
      fed_blind INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    -- The records that handed over from one key of a terminal to the next, by their ids.
    CREATE TABLE key_rotation (
      terminal INTEGER NOT NULL REFERENCES terminal (number),
      id BLOB NOT NULL CHECK (length(id) = 32),
      epoch INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      previous BLOB NOT NULL CHECK (length(previous) = 32),
      next BLOB NOT NULL CHECK (length(next) = 32),
      accepted INTEGER NOT NULL CHECK (accepted IN (0, 1)),
      PRIMARY KEY (terminal, id)
    ) STRICT;

    -- What a terminal that is awaited must know, until when. One for each: a newer one takes its place.
    CREATE TABLE join_token (
      terminal INTEGER PRIMARY KEY REFERENCES terminal (number),
      secret_digest BLOB NOT NULL CHECK (length(secret_digest) = 32),
      expires_ms INTEGER NOT NULL,
      -- When the terminal joined with it. Until it expires the same terminal may, whose answer was lost.
      spent_ms INTEGER
    ) STRICT;

    -- The certificates that terminals show.
    CREATE TABLE certificate (
      terminal INTEGER NOT NULL REFERENCES terminal (number),
      serial TEXT NOT NULL,
      not_after_ms INTEGER NOT NULL,
      -- When it was shown first; those before it are then good no more.
      seen_ms INTEGER,
      revoked_ms INTEGER,
      PRIMARY KEY (terminal, serial)
    ) STRICT;

    -- Where the accepted branch of each epoch ends.
    CREATE TABLE chain (
      terminal INTEGER NOT NULL REFERENCES terminal (number),
      epoch INTEGER NOT NULL,
      last_sequence INTEGER NOT NULL,
      head BLOB NOT NULL CHECK (length(head) = 32),
      PRIMARY KEY (terminal, epoch)
    ) STRICT;

    -- Epochs that the operator granted to a terminal whose ledger was lost.
    CREATE TABLE epoch_grant (
      terminal INTEGER NOT NULL REFERENCES terminal (number),
      epoch INTEGER NOT NULL,
      token BLOB NOT NULL CHECK (length(token) = 32),
      granted_ms INTEGER NOT NULL,
      -- When the token was spent, and the number that was then kept free among the intakes, for
      -- the acks that the lost ledger knew; both NULL before.
      opened_ms INTEGER,
      opened_after INTEGER,
      PRIMARY KEY (terminal, epoch)
    ) STRICT;

    -- What the terminal's records add up to, so that a report need not add.
    CREATE TABLE tally (
      terminal INTEGER PRIMARY KEY REFERENCES terminal (number),
      records INTEGER NOT NULL,
      sales INTEGER NOT NULL,
      subsidy_fen INTEGER NOT NULL,
      personal_fen INTEGER NOT NULL,
      payable_fen INTEGER NOT NULL,
      corrections INTEGER NOT NULL,
      declines INTEGER NOT NULL,
      suspense_records INTEGER NOT NULL,
      fork_records INTEGER NOT NULL
    ) STRICT;

    -- Every answered batch: its header as signed by the terminal, and the ack as signed by us. One
    -- that brought nothing new is deleted when a later ack was echoed.
    CREATE TABLE intake (
      terminal INTEGER NOT NULL REFERENCES terminal (number),
      number INTEGER NOT NULL,
      received_ms INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      first_sequence INTEGER NOT NULL,
      -- How many records it carried, and how many of them were new.
      records INTEGER NOT NULL,
      added INTEGER NOT NULL,
      head BLOB NOT NULL CHECK (length(head) = 32),
      challenge BLOB NOT NULL CHECK (length(challenge) = 32),
      header BLOB NOT NULL,
      -- What the ack says: its nonce, up to where the sender's records are held, and the token
      -- that opens the next epoch.
      nonce BLOB NOT NULL CHECK (length(nonce) = 32),
      acked_sequence INTEGER NOT NULL,
      acked_head BLOB NOT NULL CHECK (length(acked_head) = 32),
      next_epoch INTEGER NOT NULL,
      epoch_token BLOB NOT NULL CHECK (length(epoch_token) = 32),
      ack BLOB NOT NULL,
      PRIMARY KEY (terminal, number),
      UNIQUE (terminal, nonce)
    ) STRICT;
    CREATE INDEX intake_by_challenge ON intake (terminal, challenge);

    -- What people must look at: forks, stale copies, gaps, unknown epochs. One row of a kind for
    -- each epoch, with the place where it was first seen; epoch 0 for what concerns no record.
    CREATE TABLE flag (
      terminal INTEGER NOT NULL REFERENCES terminal (number),
      kind TEXT NOT NULL,
      epoch INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      times INTEGER NOT NULL,
      first_ms INTEGER NOT NULL,
      last_ms INTEGER NOT NULL,
      PRIMARY KEY (terminal, kind, epoch)
    ) STRICT;

    -- The batches behind the flags, whole; one for each head, so that repeating costs nothing.
    CREATE TABLE evidence (
      terminal INTEGER NOT NULL REFERENCES terminal (number),
      head BLOB NOT NULL CHECK (length(head) = 32),
      kind TEXT NOT NULL,
      received_ms INTEGER NOT NULL,
      batch BLOB NOT NULL,
      PRIMARY KEY (terminal, head, kind)
    ) STRICT;

    """

  private static let records = """
    -- The records as the terminals made them. The id is the chain head after the record. What
    -- stands beside the bytes was read from them, for people and for sums.
    CREATE TABLE record (
      terminal INTEGER NOT NULL,
      id BLOB NOT NULL CHECK (length(id) = 32),
      epoch INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      -- 1: accepted; 0: a fork's record, which stands beside it.
      accepted INTEGER NOT NULL CHECK (accepted IN (0, 1)),
      intake INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      wall_ms INTEGER,
      kind TEXT NOT NULL CHECK (kind IN ('epochOpened', 'sale', 'decline', 'correction',
        'dayClosed', 'holdReleased', 'keyRotated', 'unreadable')),
      account INTEGER,
      -- Whose takings it moves: the terminal's own, but for a refund of what another one sold.
      seller INTEGER NOT NULL,
      -- What a sale took from each purse; what a correction gave back is less than 0.
      subsidy_fen INTEGER NOT NULL DEFAULT 0,
      personal_fen INTEGER NOT NULL DEFAULT 0,
      -- Of a decline: what was asked for, why it was refused, and how often.
      asked_fen INTEGER,
      decline_reason INTEGER,
      times INTEGER NOT NULL DEFAULT 1,
      standing TEXT NOT NULL CHECK (standing IN ('posted', 'suspense', 'nothing to post')),
      suspense_reason TEXT,
      PRIMARY KEY (terminal, id),
      CHECK ((standing = 'suspense') = (suspense_reason IS NOT NULL))
    ) STRICT;
    CREATE UNIQUE INDEX record_accepted ON record (terminal, epoch, sequence) WHERE accepted = 1;
    CREATE INDEX record_fork ON record (terminal, epoch, sequence) WHERE accepted = 0;
    CREATE INDEX record_by_place ON record (terminal, epoch, sequence);

    -- Which corrections of a sale took effect: who sold, the sale, who corrected, and the correction, by
    -- the ids of the records.
    CREATE TABLE correction (
      seller INTEGER NOT NULL,
      original BLOB NOT NULL CHECK (length(original) = 32),
      terminal INTEGER NOT NULL,
      id BLOB NOT NULL CHECK (length(id) = 32),
      PRIMARY KEY (seller, original, terminal, id),
      UNIQUE (terminal, id)
    ) STRICT;

    -- Both sides of every entry; they sum to zero for each entry. The entry is a record's id, or
    -- the text opening:ACCOUNT for an imported opening balance: the key makes posting happen once.
    CREATE TABLE leg (
      entry BLOB NOT NULL,
      leg INTEGER NOT NULL,
      ledger_account TEXT NOT NULL,
      fen INTEGER NOT NULL CHECK (fen <> 0),
      PRIMARY KEY (entry, leg)
    ) STRICT;
    CREATE INDEX leg_by_account ON leg (ledger_account);

    -- The last record of each terminal that is posted, or held in suspense, against an account.
    CREATE TABLE included (
      account INTEGER NOT NULL,
      terminal INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      PRIMARY KEY (account, terminal)
    ) STRICT;

    """

  private static let accounts = """
    CREATE TABLE account (
      number INTEGER PRIMARY KEY CHECK (number > 0),
      name TEXT NOT NULL,
      masked_name TEXT NOT NULL,
      unit TEXT NOT NULL,
      status INTEGER NOT NULL,
      -- The diner's group and the canteen of the own unit; 0: none.
      category INTEGER NOT NULL,
      home_canteen INTEGER NOT NULL,
      opening_subsidy_fen INTEGER NOT NULL,
      opening_personal_fen INTEGER NOT NULL,
      -- The sums of the legs on the two purses, kept so that the feed need not add.
      subsidy_fen INTEGER NOT NULL,
      personal_fen INTEGER NOT NULL,
      -- The feed's counter at the last change that a terminal can see. No two rows share one.
      version INTEGER NOT NULL UNIQUE,
      -- The counter when the status became what it is.
      status_version INTEGER NOT NULL
    ) STRICT;
    -- The deny list. 1: active.
    CREATE INDEX account_denied ON account (version) WHERE status <> 1;

    -- What is left of each tranche: the sums of the legs on it.
    CREATE TABLE tranche (
      account INTEGER NOT NULL REFERENCES account (number),
      purse INTEGER NOT NULL,
      tranche INTEGER NOT NULL,
      fen INTEGER NOT NULL,
      -- The last local day on which it may be spent; NULL: no end.
      last_day INTEGER,
      PRIMARY KEY (account, purse, tranche)
    ) STRICT;

    -- The catalogue of dishes and goods. A price of 0 takes an item from sale.
    CREATE TABLE item (
      code INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      category INTEGER NOT NULL,
      price_fen INTEGER NOT NULL,
      ceiling_fen INTEGER,
      version INTEGER NOT NULL UNIQUE
    ) STRICT;

    CREATE TABLE credential (
      kind INTEGER NOT NULL,
      value BLOB NOT NULL,
      account INTEGER NOT NULL REFERENCES account (number),
      PRIMARY KEY (kind, value)
    ) STRICT;
    CREATE INDEX credential_by_account ON credential (account);

    -- As they were signed. The newest is in force; the older ones are kept, because records name them.
    CREATE TABLE rulebook (
      version INTEGER PRIMARY KEY,
      signed BLOB NOT NULL,
      signed_ms INTEGER NOT NULL
    ) STRICT;

    -- One row: the feed's counter, and when all rows were last given versions behind every cursor.
    CREATE TABLE feed (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      version INTEGER NOT NULL,
      overtaken_ms INTEGER NOT NULL
    ) STRICT;
    INSERT INTO feed (id, version, overtaken_ms) VALUES (1, 0, 0);

    """
}
