package import CanteenModel
import Foundation
import GRDB
import SyncProtocol

extension Books {
  /// The signed page of the feed behind a cursor.
  ///
  /// Each row's balance and ``AccountSnapshot/includes`` are read in one snapshot: the balance
  /// holds exactly this terminal's records up to there, no more and no less.
  ///
  /// - Throws: ``StoreError/unknownTerminal(_:)``.
  package func feedPage(
    for terminal: TerminalID, after cursor: FeedCursor
  ) async throws(StoreError) -> (bytes: [UInt8], page: FeedPage) {
    let page = try await read { db in
      guard try self.isKnown(terminal, db) else { throw StoreError.unknownTerminal(terminal) }
      var page: FeedPage?
      try db.inTransaction(.deferred) {
        page = try self.page(for: terminal, after: cursor, db)
        return .commit
      }
      guard let page else { preconditionFailure("the transaction's body ran") }
      return page
    }
    do {
      return (try FeedCodec.seal(page, key: configuration.key), page)
    } catch {
      throw StoreError(error)
    }
  }

  private func page(
    for terminal: TerminalID, after cursor: FeedCursor, _ db: Database
  ) throws -> FeedPage {
    let limit = WireLimit.accountsPerFeedPage
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT account.number, masked_name, status, subsidy_fen, personal_fen, version,
          included.epoch AS includes_epoch, included.sequence AS includes_sequence
        FROM account
        LEFT JOIN included ON included.account = account.number AND included.terminal = ?
        WHERE version > ? ORDER BY version LIMIT ?
        """,
      arguments: [terminal.number, cursor.version, limit + 1])
    let accounts = try rows.prefix(limit).map { try snapshot($0, db) }
    return FeedPage(
      terminal: terminal, fromCursor: cursor.version,
      toCursor: accounts.last?.version ?? cursor.version, hasMore: rows.count > limit,
      accounts: accounts, rulebook: try rulebook(newerThan: cursor.rulebookVersion, db),
      timeMilliseconds: configuration.now())
  }

  private func snapshot(_ row: Row, _ db: Database) throws -> AccountSnapshot {
    let account = AccountID(try row.integer("number"))
    guard let status = AccountStatus(rawValue: try row.integer("status")) else {
      throw StoreError.damaged("account \(account) has no status")
    }
    var includes: JournalPosition?
    if row["includes_epoch"] as Int64? != nil {
      includes = JournalPosition(
        epoch: Epoch(try row.integer("includes_epoch")),
        sequence: SequenceNumber(try row.integer("includes_sequence")))
    }
    return AccountSnapshot(
      account: account, maskedName: try row.text("masked_name"), status: status,
      balance: PurseAmounts(
        subsidy: Fen(try row.integer("subsidy_fen")),
        personal: Fen(try row.integer("personal_fen"))), version: try row.integer("version"),
      includes: includes, credentials: try credentials(of: account, db))
  }

  /// Every credential that is bound to an account now, in order of kind and value.
  func credentials(of account: AccountID, _ db: Database) throws -> [Credential] {
    let statement = try db.cachedStatement(
      sql: "SELECT kind, value FROM credential WHERE account = ? ORDER BY kind, value")
    return try Row.fetchAll(statement, arguments: [account.number]).map { row in
      guard let kind = Credential.Kind(rawValue: try row.integer("kind")),
        let value = row["value"] as Data?, (1...64).contains(value.count)
      else { throw StoreError.damaged("account \(account) has a broken credential") }
      return Credential(kind: kind, value: Array(value))
    }
  }

  private func rulebook(newerThan version: Int64, _ db: Database) throws -> Rulebook? {
    let bytes = try Data.fetchOne(
      db, sql: "SELECT bytes FROM rulebook WHERE version > ? ORDER BY version DESC LIMIT 1",
      arguments: [version])
    return try bytes.map { try RulebookCodec.decode(Array($0)) }
  }
}
