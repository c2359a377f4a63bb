extension Schema {
  static let holds = """
    -- Amounts that were set aside for a terminal, under the number that it drew for its request. They
    -- are used or given back by a record of the terminal, never by time.
    CREATE TABLE hold (
      terminal INTEGER NOT NULL REFERENCES terminal (number),
      id BLOB NOT NULL CHECK (length(id) = 32),
      -- 0: not known, because a refund was refused, or given back before it was asked for.
      account INTEGER NOT NULL,
      asked_fen INTEGER NOT NULL,
      -- 0: refused, or given back before it was asked for.
      granted_fen INTEGER NOT NULL,
      used_fen INTEGER NOT NULL DEFAULT 0,
      asked_ms INTEGER NOT NULL,
      -- NULL while something is set aside; then why nothing is any more.
      closed_ms INTEGER,
      closed_by TEXT CHECK (closed_by IN ('used', 'refused', 'record', 'operator')),
      -- What the request bore, and the answer as signed; NULL when a record came before the request.
      challenge BLOB CHECK (length(challenge) = 32),
      answer BLOB,
      -- Of what a terminal may give back from another one's sale: who sold, and the sale. Otherwise NULL:
      -- it is an account's money that a sale may take.
      seller INTEGER,
      original BLOB CHECK (length(original) = 32),
      PRIMARY KEY (terminal, id),
      CHECK ((closed_ms IS NULL) = (closed_by IS NULL)),
      CHECK ((seller IS NULL) = (original IS NULL))
    ) STRICT;
    CREATE INDEX hold_open ON hold (account) WHERE closed_ms IS NULL;
    CREATE INDEX hold_refund ON hold (seller, original)
      WHERE closed_ms IS NULL AND original IS NOT NULL;

    -- What of a hold for a refund goes back to which tranche.
    CREATE TABLE hold_part (
      terminal INTEGER NOT NULL,
      hold BLOB NOT NULL CHECK (length(hold) = 32),
      purse INTEGER NOT NULL,
      tranche INTEGER NOT NULL,
      fen INTEGER NOT NULL CHECK (fen > 0),
      PRIMARY KEY (terminal, hold, purse, tranche)
    ) STRICT;

    -- What sales took from holds, and corrections gave back from them, each record's part once.
    CREATE TABLE hold_use (
      terminal INTEGER NOT NULL,
      hold BLOB NOT NULL CHECK (length(hold) = 32),
      record BLOB NOT NULL CHECK (length(record) = 32),
      fen INTEGER NOT NULL CHECK (fen > 0),
      PRIMARY KEY (terminal, hold, record)
    ) STRICT;

    """
}
