extension Schema {
  static let holds = """
    -- What the centre was asked to set aside for this terminal, from before it is asked until nothing
    -- is left of it, or a record gave it back.
    CREATE TABLE hold (
      number INTEGER PRIMARY KEY,
      id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
      -- NULL: what goes back from another terminal's sale, whose account the answer says.
      account INTEGER,
      -- 0: everything that is left of such a sale.
      asked_fen INTEGER NOT NULL,
      -- NULL: no answer yet.
      granted_fen INTEGER,
      spent_fen INTEGER NOT NULL DEFAULT 0,
      -- 1: what a sale leaves of it pays later ones.
      is_lease INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX hold_by_account ON hold (account);
    """
}
