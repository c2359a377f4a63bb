package import CanteenModel
import Foundation
import SQLStore
import SettlementCore
import SyncProtocol

/// The answer to a request for the feed.
package struct FeedAnswer: Sendable {
  /// The signed page.
  package let bytes: [UInt8]
  package let page: FeedPage
  /// What was seen in this request.
  package let flags: [FlagKind]
}

extension Books {
  /// The signed page of the feed that a terminal asks for.
  ///
  /// Each row's balance and ``AccountSnapshot/includes`` are read in one snapshot: the balance
  /// holds exactly the asking ledger's records up to there, no more and no less (`SpokenEnd`).
  ///
  /// A cursor that is ahead of the feed shows that the books were restored from a backup: every row
  /// then gets a version that no terminal has seen, and is fed again.
  ///
  /// - Parameter terminal: Who asks, as the caller found out; it must be the request's own.
  /// - Throws: ``StoreError/unknownTerminal(_:)``, ``StoreError/notGenuine(_:)``;
  ///   ``StoreError/refused(_:)`` for a cursor more than ``farthestCursor`` ahead.
  package func feedPage(
    asked bytes: [UInt8], by terminal: TerminalID
  ) async throws(StoreError) -> FeedAnswer {
    let request = try await genuine(from: terminal) { key throws(WireError) in
      try FeedCodec.decode(request: bytes, key: key)
    }
    guard request.terminal == terminal else {
      throw .notGenuine(.malformed("feed request.terminal is \(request.terminal)"))
    }
    return try await feedPage(request)
  }

  /// The page for a request that was found genuine.
  func feedPage(_ request: FeedRequest) async throws(StoreError) -> FeedAnswer {
    let terminal = request.terminal
    let (seen, isBlind) = try await read { db in
      guard try self.isKnown(terminal, db) else { throw StoreError.unknownTerminal(terminal) }
      return (
        try self.flagsDue(request.cursor, of: terminal, db), try self.isBlind(request, db)
      )
    }
    if isBlind || !seen.isEmpty {
      try await write { db in
        if isBlind { try self.noteBlind(terminal, db) }
        for flag in try self.flagsDue(request.cursor, of: terminal, db) {
          if flag == .feedAhead { try self.overtake(request.cursor, db) }
          let nowhere = JournalPosition(epoch: Epoch(0), sequence: .none)
          try self.raise(flag, of: terminal, at: nowhere, db)
        }
      }
    }
    note(request)
    let (page, signedRulebook) = try await read { db in
      try db.snapshot { try self.page(for: request, db) }
    }
    do {
      let bytes = try FeedCodec.seal(
        page, signedRulebook: signedRulebook, key: configuration.key)
      return FeedAnswer(bytes: bytes, page: page, flags: seen)
    } catch {
      throw StoreError(error)
    }
  }

  /// Accounts of about so many bytes fill a page; the rest of its limit is for items and the rulebook.
  private static let pageBudget = 512 * 1024

  private static let rows = """
    SELECT account.number, masked_name, status, category, home_canteen, version,
      included.epoch AS includes_epoch, included.sequence AS includes_sequence
    FROM account
    LEFT JOIN included ON included.account = account.number AND included.terminal = ?
    """

  /// One row of the feed, as the asking ledger would be fed it now; `nil` without such an account.
  func snapshot(
    of account: AccountID, for request: FeedRequest, _ db: any Database
  ) throws -> AccountSnapshot? {
    let row = try db.row(
      Self.rows + " WHERE account.number = ?",
      [request.terminal.number, account.number])
    guard let row else { return nil }
    let end = try spokenEnd(of: request, db)
    return try snapshot(
      row, end: end,
      try belongings(of: [account.number.sqlValue], besides: request.terminal, db))
  }

  private func page(
    for request: FeedRequest, _ db: any Database
  ) throws -> (page: FeedPage, signedRulebook: [UInt8]?) {
    let cursor = request.cursor
    if try isFedNothing(request.terminal, db) { return (nothing(for: request), nil) }
    let end = try spokenEnd(of: request, db)
    let denied = try denied(for: request, end: end, db)
    let limit = WireLimit.accountsPerFeedPage - denied.accounts.count
    let rows = try db.rows(
      Self.rows + " WHERE version > ? ORDER BY version LIMIT ?",
      [request.terminal.number, cursor.version, limit + 1])
    let goods = try items(behind: cursor.version, limit: limit + 1, db)
    // Accounts and items share one counter: the page ends where the first of the two was cut off.
    let lastItem = goods.count > limit ? goods[limit - 1].version : nil
    let belongings = try belongings(
      of: try rows.prefix(limit).map { try ($0.integer("number") as Int64).sqlValue },
      besides: request.terminal, db)
    var accounts: [AccountSnapshot] = []
    var size = 0
    for row in rows.prefix(limit) where size < Self.pageBudget {
      accounts.append(try snapshot(row, end: end, belongings))
      size += accounts.last?.roughSize ?? 0
    }
    let lastAccount = accounts.count < rows.count ? accounts.last?.version : nil
    let last = min(lastAccount ?? .max, lastItem ?? .max)
    accounts.removeAll { $0.version > last }
    let items = goods.prefix(limit).filter { $0.version <= last }
    let (signedRulebook, hasMoreRulebooks) = try rulebook(
      newerThan: cursor.rulebookVersion, for: request.terminal, db)
    let sent = Set(denied.accounts.map(\.account))
    let page = FeedPage(
      terminal: request.terminal, fromCursor: cursor.version,
      toCursor: max(accounts.last?.version ?? 0, items.last?.version ?? 0, cursor.version),
      hasMore: last < .max || hasMoreRulebooks || denied.hasMore,
      accounts: denied.accounts + accounts.filter { !sent.contains($0.account) },
      items: Array(items),
      rulebook: try signedRulebook.map { signed in
        try RulebookCodec.open(signed, key: configuration.key.publicKey)
      }, place: try place(of: request.terminal, db), timeMilliseconds: configuration.now(),
      echoedNonce: request.echoedNonce, deniedCursor: denied.cursor)
    return (page, signedRulebook)
  }

  /// So many accounts that may not pay go into one page.
  static let deniedPerPage = 400

  /// The deny list behind a terminal's cursors, which goes before everything else: a terminal that was away
  /// for days need not take all that was eaten meanwhile before it knows which cards are lost. One that knows
  /// nobody yet lets nobody pay, and gets them with all others.
  private func denied(
    for request: FeedRequest, end: SpokenEnd?, _ db: any Database
  ) throws -> (accounts: [AccountSnapshot], cursor: Int64, hasMore: Bool) {
    let newest = try feedVersion(db)
    guard request.cursor.version > 0 else { return ([], newest, false) }
    let rows = try db.rows(
      // As the index says it: a parameter would not use that.
      Self.rows + " WHERE version > ? AND status <> \(AccountStatus.active.rawValue)"
        + " ORDER BY version LIMIT ?",
      [
        request.terminal.number, max(request.cursor.version, request.cursor.denied),
        Self.deniedPerPage + 1,
      ])
    let some = rows.prefix(Self.deniedPerPage)
    let belongings = try belongings(
      of: try some.map { try ($0.integer("number") as Int64).sqlValue },
      besides: request.terminal, db)
    let accounts = try some.map { try snapshot($0, end: end, belongings) }
    let hasMore = rows.count > some.count
    return (accounts, hasMore ? accounts.last?.version ?? newest : newest, hasMore)
  }

  /// A page that says only that there is nothing.
  private func nothing(for request: FeedRequest) -> FeedPage {
    FeedPage(
      terminal: request.terminal, fromCursor: request.cursor.version,
      toCursor: request.cursor.version, hasMore: false, accounts: [], rulebook: nil,
      timeMilliseconds: configuration.now(), echoedNonce: request.echoedNonce)
  }

  private func snapshot(
    _ row: Row, end: SpokenEnd?, _ belongings: Belongings
  ) throws -> AccountSnapshot {
    let account = AccountID(try row.integer("number"))
    guard let status = AccountStatus(rawValue: try row.integer("status")) else {
      throw StoreError.damaged("account \(account) has no status")
    }
    var included: JournalPosition?
    if row["includes_epoch"] as Int64? != nil {
      included = JournalPosition(
        epoch: Epoch(try row.integer("includes_epoch")),
        sequence: SequenceNumber(try row.integer("includes_sequence")))
    }
    let home: UInt32 = try row.integer("home_canteen")
    return AccountSnapshot(
      account: account, maskedName: try row.text("masked_name"), status: status,
      category: DinerCategory(try row.integer("category")),
      homeCanteen: home == 0 ? nil : CanteenID(home),
      tranches: try openTranches(belongings.tranches[account] ?? []),
      version: try row.integer("version"), includes: end?.includes(included),
      peerIncludes: belongings.peers[account] ?? [],
      credentials: belongings.credentials[account] ?? [])
  }

  /// What belongs to some accounts.
  private struct Belongings {
    var tranches: [AccountID: [TrancheBalance]] = [:]
    var credentials: [AccountID: [Credential]] = [:]
    var peers: [AccountID: [PeerIncludes]] = [:]
  }

  /// - Parameter terminal: Who asks: what belongs to the accounts of its neighbours' sales; `nil` where
  ///   nobody does.
  private func belongings(
    of accounts: [SQLValue], besides terminal: TerminalID? = nil, _ db: any Database
  ) throws -> Belongings {
    var belongings = Belongings()
    if let terminal { belongings.peers = try peerIncludes(of: accounts, besides: terminal, db) }
    let tranches = try db.rows(forEach: accounts) { list in
      """
      SELECT account, purse, tranche, fen, last_day FROM tranche WHERE account IN (\(list))
      ORDER BY account, purse, last_day IS NULL, last_day, tranche
      """
    }
    for row in tranches {
      let account = AccountID(try row.integer("account"))
      belongings.tranches[account, default: []].append(try Self.tranche(row, of: account))
    }
    let credentials = try db.rows(forEach: accounts) { list in
      """
      SELECT account, kind, value FROM credential WHERE account IN (\(list))
      ORDER BY account, kind, value
      """
    }
    for row in credentials {
      let account = AccountID(try row.integer("account"))
      belongings.credentials[account, default: []].append(try Self.credential(row, of: account))
    }
    return belongings
  }

  /// What is left of an account's tranches, as many as a terminal takes.
  private func openTranches(_ all: [TrancheBalance]) throws -> [TrancheBalance] {
    try FedTranches.of(all, after: Int32(clamping: configuration.now() / 86_400_000 - 1))
  }

  /// What is left of an account's tranches.
  func allTranches(of account: AccountID, _ db: any Database) throws -> [TrancheBalance] {
    try belongings(of: [account.number.sqlValue], db).tranches[account] ?? []
  }

  private static func tranche(_ row: Row, of account: AccountID) throws -> TrancheBalance {
    guard let purse = Purse(number: try row.integer("purse")) else {
      throw StoreError.damaged("account \(account) has a tranche of no purse")
    }
    return TrancheBalance(
      purse: purse, tranche: TrancheID(try row.integer("tranche")),
      amount: Fen(try row.integer("fen")), lastSpendingDay: row["last_day"])
  }

  private func place(of terminal: TerminalID, _ db: any Database) throws -> TerminalPlace? {
    let row = try db.row(
      """
      SELECT canteen, (SELECT COUNT(*) FROM terminal AS other
        WHERE other.canteen = terminal.canteen AND other.retired_ms IS NULL) AS terminals FROM terminal WHERE number = ?
      """, [terminal.number])
    guard let row, let canteen = UInt32(exactly: try row.integer("canteen") as Int64), canteen > 0
    else { return nil }
    return TerminalPlace(
      canteen: CanteenID(canteen), isOnlyTerminal: try row.integer("terminals") as Int64 == 1,
      peers: try peers(of: terminal, in: canteen, db))
  }

  /// Every credential that is bound to an account now, in order of kind and value.
  func credentials(of account: AccountID, _ db: any Database) throws -> [Credential] {
    try belongings(of: [account.number.sqlValue], db).credentials[account] ?? []
  }

  private static func credential(_ row: Row, of account: AccountID) throws -> Credential {
    guard let kind = Credential.Kind(rawValue: try row.integer("kind")),
      let value = row["value"] as Data?, (1...64).contains(value.count)
    else { throw StoreError.damaged("account \(account) has a broken credential") }
    return Credential(kind: kind, value: Array(value))
  }

  /// The next rulebook, as it was signed: one of a later day must not hide the one that comes before it.
  /// A terminal of a canteen with a line of its own gets that one and nothing of the city's.
  private func rulebook(
    newerThan version: Int64, for terminal: TerminalID, _ db: any Database
  ) throws -> (next: [UInt8]?, hasMore: Bool) {
    let own = """
      (SELECT canteen_rulebook.version, canteen_rulebook.signed FROM canteen_rulebook
        JOIN terminal ON terminal.canteen = canteen_rulebook.canteen WHERE terminal.number = ?) AS line
      """
    var hasOwn = try db.hasRow("SELECT 1 FROM \(own) LIMIT 1", [terminal.number])
    #if SEEDED_BUGS
      if plantedLine == .cityLineForAll { hasOwn = false }
    #endif
    let rows: [Data] = try db.values(
      "SELECT signed FROM \(hasOwn ? own : "rulebook") WHERE version > ? ORDER BY version LIMIT 2",
      hasOwn ? [terminal.number, version] : [version])
    return (rows.first.map { Array($0) }, rows.count > 1)
  }
}

extension AccountSnapshot {
  /// About how many bytes it has on the wire, rather too many.
  fileprivate var roughSize: Int {
    128 + maskedName.utf8.count + 32 * tranches.count
      + 24 * (homePrices.count + peerIncludes.count)
      + credentials.reduce(0) { $0 + $1.value.count + 8 }
  }
}
