extension Schema {
  /// Who may do what, who did what, and what waits for a second person.
  static let access = """
    -- Who signs in. What is kept of the password is scrypt's; the secret of the codes is as it was made, because a code
    -- is reckoned from it: the store is readable by the service alone.
    CREATE TABLE person (
      login TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      password TEXT,
      code_secret BLOB CHECK (length(code_secret) = 20),
      -- The last step of which a code was used: none before or at it is good again.
      code_step INTEGER NOT NULL DEFAULT 0,
      -- The serial of the certificate that is good without a password; NULL: none.
      certificate TEXT,
      -- The user of the centre's machine who this is; NULL: none.
      local_user INTEGER UNIQUE,
      disabled_ms INTEGER
    ) STRICT;

    CREATE TABLE person_grant (
      login TEXT NOT NULL REFERENCES person (login),
      role TEXT NOT NULL,
      -- As SettlementCore.Scope writes it: everything, unit:7.
      scope TEXT NOT NULL,
      granted_ms INTEGER NOT NULL,
      PRIMARY KEY (login, role, scope)
    ) STRICT;

    -- Who is signed in: the SHA-256 of what the browser shows.
    CREATE TABLE session (
      token BLOB PRIMARY KEY CHECK (length(token) = 32),
      login TEXT NOT NULL REFERENCES person (login),
      created_ms INTEGER NOT NULL,
      used_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX session_by_login ON session (login);

    -- What somebody proposed, and who decided. The basis is the digest of what the act did when it was tried.
    CREATE TABLE proposal (
      number INTEGER PRIMARY KEY CHECK (number > 0),
      verb TEXT NOT NULL,
      subject TEXT NOT NULL,
      -- Whose act it is; NULL: the whole programme's.
      unit INTEGER,
      body BLOB NOT NULL,
      preview TEXT NOT NULL,
      basis BLOB NOT NULL CHECK (length(basis) = 32),
      proposer TEXT NOT NULL REFERENCES person (login),
      proposed_ms INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('open', 'executed', 'refused', 'withdrawn')),
      decider TEXT REFERENCES person (login),
      decided_ms INTEGER,
      reason TEXT,
      CHECK ((state = 'open') = (decider IS NULL)),
      CHECK (state <> 'executed' OR decider <> proposer),
      CHECK (state <> 'refused' OR decider <> proposer)
    ) STRICT;
    CREATE INDEX proposal_open ON proposal (number) WHERE state = 'open';
    CREATE INDEX proposal_by_unit ON proposal (unit, number);

    -- Every act, every refusal, every reading of what is personal. Rows are added and never changed: the digest is over
    -- the row and the digest before.
    CREATE TABLE audit (
      number INTEGER PRIMARY KEY CHECK (number > 0),
      at_ms INTEGER NOT NULL,
      login TEXT NOT NULL,
      verb TEXT NOT NULL,
      subject TEXT NOT NULL,
      outcome TEXT NOT NULL,
      body BLOB NOT NULL CHECK (length(body) = 32),
      digest BLOB NOT NULL CHECK (length(digest) = 32)
    ) STRICT;

    -- A file that comes in parts: its parts, until they are put together.
    CREATE TABLE upload (
      login TEXT NOT NULL REFERENCES person (login),
      name TEXT NOT NULL,
      begun_ms INTEGER NOT NULL,
      PRIMARY KEY (login, name)
    ) STRICT;

    CREATE TABLE upload_part (
      login TEXT NOT NULL,
      name TEXT NOT NULL,
      number INTEGER NOT NULL CHECK (number > 0),
      digest BLOB NOT NULL CHECK (length(digest) = 32),
      bytes BLOB NOT NULL,
      PRIMARY KEY (login, name, number)
    ) STRICT;

    """
}
