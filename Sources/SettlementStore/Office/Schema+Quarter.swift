extension Schema {
  /// Quarters that were closed, and what their statements rest on (S17, S18).
  static let quarter = """
    -- Quarters that were closed, in their order; what comes in later goes to the next one's statements.
    CREATE TABLE quarter_close (
      -- In the form of 2026Q4, which sorts as the quarters do.
      quarter TEXT PRIMARY KEY,
      last_day INTEGER NOT NULL,
      -- By which the days of its records are reckoned.
      offset_minutes INTEGER NOT NULL,
      closed_ms INTEGER NOT NULL,
      proposed_by TEXT NOT NULL,
      approved_by TEXT NOT NULL,
      CHECK (proposed_by <> approved_by)
    ) STRICT;

    -- The closing line: the last intake of each terminal then. What was taken in up to it counts.
    CREATE TABLE quarter_line (
      terminal INTEGER NOT NULL REFERENCES terminal (number),
      quarter TEXT NOT NULL REFERENCES quarter_close (quarter),
      intake INTEGER NOT NULL,
      PRIMARY KEY (terminal, quarter)
    ) STRICT;

    -- The same line for whoever has no books: where each branch of a terminal's chain ended, forks too.
    CREATE TABLE quarter_head (
      terminal INTEGER NOT NULL REFERENCES terminal (number),
      quarter TEXT NOT NULL REFERENCES quarter_close (quarter),
      epoch INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      head BLOB NOT NULL CHECK (length(head) = 32),
      PRIMARY KEY (terminal, quarter, head)
    ) STRICT;

    -- Where each terminal stood from when until when, as it was known at the close: what is told later moves no
    -- closed money.
    CREATE TABLE quarter_place (
      terminal INTEGER NOT NULL REFERENCES terminal (number),
      quarter TEXT NOT NULL REFERENCES quarter_close (quarter),
      from_ms INTEGER NOT NULL,
      to_ms INTEGER NOT NULL,
      canteen INTEGER NOT NULL,
      PRIMARY KEY (terminal, quarter, from_ms)
    ) STRICT;

    -- What a unit found of the catering in a canteen (S17, C6).
    CREATE TABLE evaluation (
      canteen INTEGER NOT NULL REFERENCES canteen (number),
      quarter TEXT NOT NULL,
      -- How much of the consumption is paid, in hundredths of a percent; NULL where findings have amounts.
      paid_basis_points INTEGER CHECK (paid_basis_points BETWEEN 0 AND 10000),
      proposed_by TEXT NOT NULL,
      approved_by TEXT NOT NULL,
      approved_ms INTEGER NOT NULL,
      PRIMARY KEY (canteen, quarter),
      CHECK (proposed_by <> approved_by)
    ) STRICT;

    CREATE TABLE evaluation_finding (
      canteen INTEGER NOT NULL REFERENCES canteen (number),
      quarter TEXT NOT NULL,
      number INTEGER NOT NULL,
      day INTEGER NOT NULL,
      reason TEXT NOT NULL,
      fen INTEGER NOT NULL CHECK (fen > 0),
      PRIMARY KEY (canteen, quarter, number)
    ) STRICT;

    -- A quarter's statement of one canteen: a draft until it is approved.
    CREATE TABLE statement (
      canteen INTEGER NOT NULL REFERENCES canteen (number),
      quarter TEXT NOT NULL REFERENCES quarter_close (quarter),
      digest BLOB NOT NULL CHECK (length(digest) = 32),
      document BLOB NOT NULL,
      drafted_ms INTEGER NOT NULL,
      -- The document as signed; NULL while it is a draft.
      signed BLOB,
      proposed_by TEXT,
      approved_by TEXT,
      approved_ms INTEGER,
      PRIMARY KEY (canteen, quarter),
      CHECK ((signed IS NULL) = (approved_by IS NULL)),
      CHECK (proposed_by <> approved_by)
    ) STRICT;

    -- What the bank was asked to pay to caterers. Each fen that a statement owes is ordered once.
    CREATE TABLE payment_order (
      number INTEGER PRIMARY KEY CHECK (number > 0),
      ordered_ms INTEGER NOT NULL,
      proposed_by TEXT NOT NULL,
      approved_by TEXT NOT NULL,
      CHECK (proposed_by <> approved_by)
    ) STRICT;

    -- With name and account as they were then.
    CREATE TABLE payment_order_line (
      payment_order INTEGER NOT NULL REFERENCES payment_order (number),
      caterer INTEGER NOT NULL REFERENCES caterer (number),
      name TEXT NOT NULL,
      bank_account TEXT NOT NULL,
      fen INTEGER NOT NULL CHECK (fen > 0),
      PRIMARY KEY (payment_order, caterer)
    ) STRICT;
    CREATE INDEX payment_order_by_caterer ON payment_order_line (caterer);

    -- Corrections that took no effect are rare, and statements name them.
    CREATE INDEX record_suspense ON record (terminal, intake) WHERE standing = 'suspense';

    """
}
