import CanteenModel
import SQLStore
import SettlementCore

/// What the feed does when a terminal knows more than the books, or speaks for a branch of its own.
extension Books {
  /// A cursor may be so far ahead of the feed; beyond that it is a fault, not a backup.
  static let farthestCursor: Int64 = 1 << 40
  /// How far versions jump over the cursor that was ahead. No centre gives out so many between a
  /// backup and the moment it is lost, so the jump passes every other terminal's cursor as well.
  static let versionJump: Int64 = 1 << 32
  /// Missing records make every row be fed anew once in 24 hours.
  private static let overtakeRest: Int64 = 86_400_000
  /// A rulebook that is ahead is flagged again after an hour.
  private static let rulebookFlagRest: Int64 = 3_600_000

  /// What a cursor shows that people must look at, and that was not flagged just before.
  func flagsDue(
    _ cursor: FeedCursor, of terminal: TerminalID, _ db: any Database
  ) throws -> [FlagKind] {
    var flags: [FlagKind] = []
    let version = try feedVersion(db)
    if cursor.version > version {
      guard cursor.version - version <= Self.farthestCursor,
        version < .max / 2 - Self.farthestCursor - Self.versionJump
      else {
        throw StoreError.refused([
          "the cursor \(cursor.version) is far ahead of the feed, which is at \(version): no "
            + "backup explains that, keep the terminal's journal and call for help"
        ])
      }
      flags.append(.feedAhead)
    }
    guard cursor.rulebookVersion > (try newestRulebookVersion(db)) else { return flags }
    let flagged: Int64? = try db.value(
      "SELECT MAX(last_ms) FROM flag WHERE terminal = ? AND kind = ?",
      [terminal.number, FlagKind.rulebookAhead.rawValue])
    guard configuration.now() - (flagged ?? .min / 2) > Self.rulebookFlagRest else { return flags }
    return flags + [.rulebookAhead]
  }

  /// Gives every account and item a version behind the cursor, in the same order, none of them seen before.
  func overtake(_ cursor: FeedCursor, _ db: any Database) throws {
    let step = cursor.version + Self.versionJump
    try db.execute(
      "UPDATE account SET version = version + ?, status_version = status_version + ?", [step, step])
    try db.execute(
      "UPDATE item SET version = version + ?", [step])
    try db.execute(
      "UPDATE feed SET version = version + ?, overtaken_ms = ? WHERE id = 1",
      [step, configuration.now()])
  }

  /// Feeds every row anew when the books lack records and have forgotten the ack that the terminal
  /// echoes: they were restored, and the records that come again may raise the feed above the
  /// terminal's cursor before it asks. Once a day, for the first terminal that shows it.
  func overtakeAfterLoss(_ terminal: TerminalID, _ db: any Database) throws {
    let last: Int64? = try db.value("SELECT overtaken_ms FROM feed WHERE id = 1")
    guard configuration.now() - (last ?? 0) > Self.overtakeRest else { return }
    let version = try feedVersion(db)
    guard version < .max / 2 - Self.farthestCursor - Self.versionJump else { return }
    try overtake(FeedCursor(version: version, rulebookVersion: 0), db)
    try raise(
      .feedAhead, of: terminal, at: JournalPosition(epoch: Epoch(0), sequence: .none), db)
  }

  func feedVersion(_ db: any Database) throws -> Int64 {
    guard
      let row = try db.row(
        "SELECT version FROM feed WHERE id = 1")
    else {
      throw StoreError.damaged("the feed has no version")
    }
    return try row.integer("version")
  }

  /// Up to where the records of the asking ledger are held: what the ack said whose nonce it
  /// echoes.
  ///
  /// - Returns: `nil` when it echoes none, or one that the books do not hold: nothing is known of
  ///   this ledger, so its rows include nothing.
  func spokenEnd(of request: FeedRequest, _ db: any Database) throws -> SpokenEnd? {
    guard let nonce = request.echoedNonce else { return nil }
    let row = try db.row(
      """
      SELECT intake.epoch, acked_sequence, acked_sequence = 0 OR accepted = 1 AS accepted
      FROM intake LEFT JOIN record ON record.terminal = intake.terminal AND id = acked_head
      WHERE intake.terminal = ? AND nonce = ?
      """, [request.terminal.number, nonce.blob])
    guard let row, let isAccepted = row["accepted"] as Bool? else { return nil }
    let epoch = Epoch(try row.integer("epoch"))
    let olderFork = try db.row(
      "SELECT 1 FROM record WHERE terminal = ? AND epoch < ? AND accepted = 0 LIMIT 1",
      [request.terminal.number, epoch.number])
    return SpokenEnd(
      position: JournalPosition(
        epoch: epoch, sequence: SequenceNumber(try row.integer("acked_sequence"))),
      isAccepted: isAccepted, hasOlderFork: olderFork != nil)
  }

  /// Whether a request echoes an ack that the books forgot, and this was not noted yet.
  func isBlind(_ request: FeedRequest, _ db: any Database) throws -> Bool {
    guard let nonce = request.echoedNonce else { return false }
    return try db.row(
      """
      SELECT 1 FROM terminal WHERE number = ? AND fed_blind = 0
        AND NOT EXISTS (SELECT 1 FROM intake WHERE terminal = number AND nonce = ?)
      """, [request.terminal.number, nonce.blob]) != nil
  }

  /// Notes that a terminal is fed rows that include nothing, because its ack was forgotten.
  func noteBlind(_ terminal: TerminalID, _ db: any Database) throws {
    try db.execute(
      "UPDATE terminal SET fed_blind = 1 WHERE number = ?", [terminal.number])
  }

  /// Feeds the accounts that a terminal's records charge again, now that it settles again, when it
  /// was fed rows before that include nothing.
  func feedAgainAfterBlind(_ terminal: TerminalID, _ db: any Database) throws {
    let changed = try db.execute(
      "UPDATE terminal SET fed_blind = 0 WHERE number = ? AND fed_blind = 1", [terminal.number])
    guard changed == 1 else { return }
    let rows = try db.rows(
      """
      SELECT DISTINCT account.number FROM record JOIN account ON account.number = record.account
      WHERE record.terminal = ? AND kind = 'sale' ORDER BY account.number
      """, [terminal.number])
    for row in rows { try raiseVersion(of: AccountID(try row.integer("number")), db) }
  }
}
