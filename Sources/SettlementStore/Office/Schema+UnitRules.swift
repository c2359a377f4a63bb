extension Schema {
  /// What units set for their own canteens, and the rulebooks that came of it.
  static let unitRules = """
    -- The heads of neighbours that came with a batch, as their owners signed them; NULL: none, or a batch whose records
    -- could not be kept.
    ALTER TABLE intake ADD COLUMN witnessed BLOB;

    -- As it was handed in. The revision that counts is the last one whose day has come.
    CREATE TABLE unit_rules (
      canteen INTEGER NOT NULL REFERENCES canteen (number),
      revision INTEGER NOT NULL CHECK (revision > 0),
      effective_from_day INTEGER NOT NULL,
      document TEXT NOT NULL,
      proposed_by TEXT NOT NULL,
      approved_by TEXT NOT NULL,
      approved_ms INTEGER NOT NULL,
      PRIMARY KEY (canteen, revision),
      CHECK (proposed_by <> approved_by)
    ) STRICT;

    -- The line of a canteen that once had rules of its own: its terminals are given these, and none of the city's. One
    -- counter of versions with the table rulebook.
    CREATE TABLE canteen_rulebook (
      version INTEGER PRIMARY KEY CHECK (version > 0),
      canteen INTEGER NOT NULL,
      -- The city's rulebook that is in it, and the unit's revision; NULL: none is, or it is suspended.
      city_version INTEGER NOT NULL,
      revision INTEGER,
      signed BLOB NOT NULL,
      signed_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX canteen_rulebook_by_canteen ON canteen_rulebook (canteen, version);

    """
}
