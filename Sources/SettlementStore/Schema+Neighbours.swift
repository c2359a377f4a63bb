extension Schema {
  /// Version 3: what the terminals of a canteen know of one another.
  static let neighbours = """
    -- Where the other terminals of its canteen find it; NULL: they do not ask it.
    ALTER TABLE terminal ADD COLUMN peer_url TEXT;

    -- The highest head of each epoch that another terminal of the canteen handed in and whose record is not here.
    CREATE TABLE witness (
      terminal INTEGER NOT NULL REFERENCES terminal (number),
      epoch INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      head BLOB NOT NULL CHECK (length(head) = 32),
      -- As its owner signed it, and who handed it in.
      signed BLOB NOT NULL,
      witness INTEGER NOT NULL,
      -- Up to where the accepted branch was held then, and the number of the owner's last intake: it is held to
      -- what it says when it has read a later ack.
      held_sequence INTEGER NOT NULL,
      after_intake INTEGER NOT NULL,
      -- How many records are missing by the owner's own word, or at most; NULL: none are known to be.
      missing INTEGER,
      is_at_most INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (terminal, epoch)
    ) STRICT;

    """
}
