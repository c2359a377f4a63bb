extension Schema {
  /// Who takes part in the programme, and where: what statements, funding and access refer to.
  static let registry = """
    -- City, counties, townships (C10). The city is its own root: parent is NULL.
    CREATE TABLE region (
      number INTEGER PRIMARY KEY CHECK (number > 0),
      name TEXT NOT NULL,
      level TEXT NOT NULL CHECK (level IN ('city', 'county', 'township')),
      parent INTEGER REFERENCES region (number)
    ) STRICT;

    -- Who pays for its people (S5, S6, S31). A unit need not have a canteen.
    CREATE TABLE unit (
      number INTEGER PRIMARY KEY CHECK (number > 0),
      name TEXT NOT NULL UNIQUE,
      region INTEGER NOT NULL REFERENCES region (number),
      -- Where its payments come from, as bank files name it; NULL: not told.
      bank_account TEXT UNIQUE
    ) STRICT;

    -- Who runs canteens and is paid for it; a unit that runs its own canteen stands here, too.
    CREATE TABLE caterer (
      number INTEGER PRIMARY KEY CHECK (number > 0),
      name TEXT NOT NULL,
      bank_account TEXT NOT NULL
    ) STRICT;

    CREATE TABLE canteen (
      number INTEGER PRIMARY KEY CHECK (number > 0),
      name TEXT NOT NULL,
      unit INTEGER NOT NULL REFERENCES unit (number),
      -- What the city-wide list says (S38); empty: not told.
      place TEXT NOT NULL,
      contact TEXT NOT NULL,
      phone TEXT NOT NULL
    ) STRICT;

    -- Who runs a canteen and how, from a local day on until the next row's (C7: it may change within a quarter).
    CREATE TABLE canteen_term (
      canteen INTEGER NOT NULL REFERENCES canteen (number),
      from_day INTEGER NOT NULL,
      mode TEXT NOT NULL CHECK (mode IN ('selfRun', 'contracted', 'consortium', 'perHead')),
      caterer INTEGER NOT NULL REFERENCES caterer (number),
      contract TEXT NOT NULL,
      PRIMARY KEY (canteen, from_day)
    ) STRICT;

    -- Where a terminal stood, from a moment on until the next row's. terminal.canteen is where it stands now.
    CREATE TABLE terminal_place (
      terminal INTEGER NOT NULL REFERENCES terminal (number),
      from_ms INTEGER NOT NULL,
      canteen INTEGER NOT NULL,
      PRIMARY KEY (terminal, from_ms)
    ) STRICT;

    -- Plan, installation, acceptance and maintenance of terminals (S22, S36, S37).
    CREATE TABLE ticket (
      number INTEGER PRIMARY KEY CHECK (number > 0),
      canteen INTEGER NOT NULL REFERENCES canteen (number),
      -- NULL while it is planned only.
      terminal INTEGER,
      kind TEXT NOT NULL CHECK (kind IN ('plan', 'installation', 'acceptance', 'maintenance')),
      opened_day INTEGER NOT NULL,
      -- NULL while it is open.
      closed_day INTEGER,
      note TEXT NOT NULL
    ) STRICT;

    -- Kinds of people: staff, temporary, visitor (C11). needs_bank: 1: a savings card is the main account (S29).
    CREATE TABLE holder_type (
      number INTEGER PRIMARY KEY CHECK (number > 0),
      name TEXT NOT NULL UNIQUE,
      needs_bank INTEGER NOT NULL CHECK (needs_bank IN (0, 1))
    ) STRICT;

    -- To which unit the holder of an account belongs, from a local day on until the next row's.
    CREATE TABLE membership (
      account INTEGER NOT NULL REFERENCES account (number),
      from_day INTEGER NOT NULL,
      unit INTEGER NOT NULL REFERENCES unit (number),
      holder_type INTEGER NOT NULL REFERENCES holder_type (number),
      bank_account TEXT,
      PRIMARY KEY (account, from_day)
    ) STRICT;
    CREATE INDEX membership_by_unit ON membership (unit);

    -- The survey of S36 as each unit handed it in last: the columns of the form (programme rules, a.1).
    CREATE TABLE survey (
      unit INTEGER PRIMARY KEY REFERENCES unit (number),
      canteens INTEGER NOT NULL,
      staff INTEGER NOT NULL,
      -- How many dine at the same time.
      seats INTEGER NOT NULL,
      -- Hundredths of a square metre; NULL: not told.
      area_hundredths INTEGER,
      -- What a meal costs by its standard; NULL: there is no such meal.
      breakfast_fen INTEGER,
      lunch_fen INTEGER,
      dinner_fen INTEGER,
      place TEXT NOT NULL,
      contact TEXT NOT NULL,
      phone TEXT NOT NULL,
      note TEXT NOT NULL
    ) STRICT;

    -- The numbers by which the centre funds and settles, as JSON; the newest that is in force counts.
    CREATE TABLE policy (
      version INTEGER PRIMARY KEY CHECK (version > 0),
      effective_from_day INTEGER NOT NULL,
      document TEXT NOT NULL,
      proposed_by TEXT NOT NULL,
      approved_by TEXT NOT NULL,
      approved_ms INTEGER NOT NULL,
      CHECK (proposed_by <> approved_by)
    ) STRICT;

    -- Days that are not worked although their weekday is, and the other way round.
    CREATE TABLE calendar_exception (
      day INTEGER PRIMARY KEY
    ) STRICT;

    -- Entries that people made, not records: what leg.entry names, why, and who stands for it.
    CREATE TABLE office_entry (
      entry BLOB PRIMARY KEY,
      kind TEXT NOT NULL,
      -- The local day for which it counts, and when it was booked.
      day INTEGER NOT NULL,
      booked_ms INTEGER NOT NULL,
      proposed_by TEXT NOT NULL,
      approved_by TEXT,
      note TEXT NOT NULL
    ) STRICT;
    CREATE INDEX office_entry_by_day ON office_entry (day);

    """
}
