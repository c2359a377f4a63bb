extension Schema {
  /// The money that comes in, and to whom it is given.
  static let funding = """
    -- A sum of subsidy that belongs together: one unit's money of one quarter under one appropriation (S13, C1). Its
    -- number is the tranche that records name.
    CREATE TABLE tranche_origin (
      number INTEGER PRIMARY KEY CHECK (number > 0),
      unit INTEGER NOT NULL REFERENCES unit (number),
      quarter TEXT NOT NULL,
      appropriation TEXT NOT NULL,
      -- The last local day on which it may be spent.
      last_day INTEGER NOT NULL,
      UNIQUE (unit, quarter, appropriation)
    ) STRICT;

    -- The numbers of the programme's own accounts, as bank files name them.
    CREATE TABLE own_bank_account (
      bank_account TEXT PRIMARY KEY CHECK (bank_account IN ('bureau', 'income', 'spending')),
      number TEXT NOT NULL UNIQUE
    ) STRICT;

    -- What the bank says of the programme's accounts, line by line. The same line twice is one.
    CREATE TABLE bank_line (
      bank_account TEXT NOT NULL CHECK (bank_account IN ('bureau', 'income', 'spending')),
      reference TEXT NOT NULL,
      day INTEGER NOT NULL,
      -- More than zero: it came in.
      fen INTEGER NOT NULL CHECK (fen <> 0),
      counterparty TEXT NOT NULL,
      note TEXT NOT NULL,
      -- The ledger account that it was booked against, 'unmatched:…' until somebody knows it.
      matched TEXT NOT NULL,
      PRIMARY KEY (bank_account, reference)
    ) STRICT;
    CREATE INDEX bank_line_unmatched ON bank_line (bank_account, day) WHERE matched LIKE 'unmatched:%';
    CREATE INDEX bank_line_by_purpose ON bank_line (matched);

    -- Who of a unit gets how much of a tranche (C4): one file, and its hash.
    CREATE TABLE roster (
      number INTEGER PRIMARY KEY CHECK (number > 0),
      tranche INTEGER NOT NULL REFERENCES tranche_origin (number),
      digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
      lines INTEGER NOT NULL,
      fen INTEGER NOT NULL,
      proposed_by TEXT NOT NULL,
      proposed_ms INTEGER NOT NULL,
      approved_by TEXT,
      approved_ms INTEGER,
      -- When the money was given to the people of it; NULL: not yet.
      allocated_ms INTEGER,
      CHECK (approved_by IS NULL OR approved_by <> proposed_by)
    ) STRICT;
    CREATE INDEX roster_by_tranche ON roster (tranche);

    CREATE TABLE roster_line (
      roster INTEGER NOT NULL REFERENCES roster (number),
      account INTEGER NOT NULL REFERENCES account (number),
      -- Which standard the amount rests on, as the unit writes it.
      standard TEXT NOT NULL,
      fen INTEGER NOT NULL CHECK (fen > 0),
      PRIMARY KEY (roster, account)
    ) STRICT;

    -- Requests for official meals (S44). One for an account, a canteen, a day and a meal, so that what was charged is
    -- one request's.
    CREATE TABLE official_meal (
      number TEXT PRIMARY KEY,
      unit INTEGER NOT NULL REFERENCES unit (number),
      account INTEGER NOT NULL REFERENCES account (number),
      canteen INTEGER NOT NULL REFERENCES canteen (number),
      letter TEXT NOT NULL,
      guests TEXT NOT NULL,
      heads INTEGER NOT NULL CHECK (heads > 0),
      day INTEGER NOT NULL,
      period INTEGER NOT NULL,
      fen INTEGER NOT NULL CHECK (fen > 0),
      proposed_by TEXT NOT NULL,
      approved_by TEXT NOT NULL,
      approved_ms INTEGER NOT NULL,
      -- Who of the canteen accepted it; from then on its number opens the account, until it is ended.
      accepted_by TEXT,
      accepted_ms INTEGER,
      ended_ms INTEGER,
      UNIQUE (account, canteen, day, period),
      CHECK (proposed_by <> approved_by)
    ) STRICT;
    CREATE INDEX official_meal_open ON official_meal (day) WHERE ended_ms IS NULL;

    -- Which records' money two people took out of suspense, and who bears it.
    CREATE TABLE suspense_resolution (
      terminal INTEGER NOT NULL,
      id BLOB NOT NULL CHECK (length(id) = 32),
      -- As SettlementCore.SuspenseBearer writes it: asRecorded, diner:17, fee.
      bearer TEXT NOT NULL,
      PRIMARY KEY (terminal, id)
    ) STRICT;

    -- What people booked on each account of the ledger but the purses, summed, so that a report need not add: the legs
    -- of office entries.
    CREATE TABLE office_balance (
      ledger_account TEXT PRIMARY KEY,
      fen INTEGER NOT NULL
    ) STRICT;

    """
}
