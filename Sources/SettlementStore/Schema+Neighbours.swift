extension Schema {
  /// Version 2: what the terminals of a canteen know of one another.
  static let neighbours = """
    -- Where the other terminals of its canteen find it; NULL: they do not ask it.
    ALTER TABLE terminal ADD COLUMN peer_url TEXT;

    """
}
