extension Schema {
  /// What became of the subsidy of closed years.
  static let yearEnd = """
    -- Each run over a year: 1 closes it, later ones book what terminals handed in after it (C14).
    CREATE TABLE year_end (
      year INTEGER NOT NULL,
      number INTEGER NOT NULL CHECK (number > 0),
      destination TEXT NOT NULL CHECK (destination IN ('unit', 'treasury', 'treasuryClaimable')),
      policy INTEGER NOT NULL REFERENCES policy (version),
      booked_ms INTEGER NOT NULL,
      proposed_by TEXT NOT NULL,
      approved_by TEXT NOT NULL,
      PRIMARY KEY (year, number),
      CHECK (proposed_by <> approved_by)
    ) STRICT;

    -- What a run took from a person's tranche; less than zero: what it gave back to pay for a late sale.
    -- Account 0: what the unit had paid and nobody was given.
    CREATE TABLE year_end_line (
      year INTEGER NOT NULL,
      number INTEGER NOT NULL,
      account INTEGER NOT NULL,
      tranche INTEGER NOT NULL REFERENCES tranche_origin (number),
      fen INTEGER NOT NULL CHECK (fen <> 0),
      PRIMARY KEY (year, number, account, tranche)
    ) STRICT;
    CREATE INDEX year_end_line_by_tranche ON year_end_line (tranche);

    """
}
