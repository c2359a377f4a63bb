package import CanteenModel
import SQLStore
import SettlementCore
import SyncProtocol
import Synchronization

/// What can still be spent from an account at terminals that do not know yet that it may not pay.
package struct AccountExposure: Hashable, Sendable, Codable {
  package let account: Int64
  package let name: String
  /// `active`, `lost` or `closed`, as in an accounts file.
  package let status: String
  package let balanceFen: Int64
  /// Those that do not know its status yet, by number. All of them when it is active.
  package let terminals: [Line]
  /// The most that they approve together, in fen: within one meal period, in ``brakeHours`` without the centre,
  /// and however long it lasts.
  package let perPeriodFen: Int64
  package let untilBrakeFen: Int64
  package let everFen: Int64
  package let brakeHours: Int

  /// A terminal that does not know it.
  package struct Line: Hashable, Sendable, Codable {
    package let terminal: UInt32
    package let name: String
    package let canteen: UInt32
    /// Unix time in milliseconds at which it asked for the feed last; `nil`: not since the centre was started.
    package let heardMilliseconds: Int64?
    /// Whether it is shut out: it will not hear of it.
    package let isRevoked: Bool
  }
}

/// What a terminal showed to have taken of the feed.
struct FeedProgress: Sendable {
  /// It knows every account that may not pay up to this version.
  let denied: Int64
  /// The newest rulebook that it has; it may be yet to come.
  let rulebook: Int64
  let milliseconds: Int64
}

extension Books {
  /// Notes what a request for the feed shows.
  func note(_ request: FeedRequest) {
    let seen = FeedProgress(
      denied: max(request.cursor.version, request.cursor.denied),
      rulebook: request.cursor.rulebookVersion, milliseconds: configuration.now())
    progress.withLock { $0[request.terminal] = seen }
  }

  /// What can still be spent from an account that may not pay any more.
  ///
  /// A terminal knows of it when its next request shows that it has taken the row. What it sold before is not
  /// counted: it comes in with its batches. After a start of the centre a terminal counts as one that does not
  /// know, until it asks.
  ///
  /// - Throws: ``StoreError/refused(_:)`` for an account that is not here, and without rules.
  package func exposure(of account: AccountID) async throws(StoreError) -> AccountExposure {
    let progress = progress.withLock { $0 }
    return try await read { db in
      try db.snapshot { try self.exposure(of: account, progress, db) }
    }
  }

  private func exposure(
    of account: AccountID, _ progress: [TerminalID: FeedProgress], _ db: any Database
  ) throws -> AccountExposure {
    let row = try db.row(
      """
      SELECT name, status, home_canteen, subsidy_fen, personal_fen, status_version
      FROM account WHERE number = ?
      """, [account.number])
    guard let row else {
      throw StoreError.refused(["account \(account) is not here: is the number right?"])
    }
    guard let status = AccountStatus(rawValue: try row.integer("status")) else {
      throw StoreError.damaged("account \(account) has no status")
    }
    let sources = try ruleSources(db)
    guard let rules = sources.rules(on: sources.today) else {
      throw StoreError.refused(["no rules are in force, so nobody sells: canteen-settlement rules"])
    }
    let since: Int64 = try row.integer("status_version")
    let lines = try lines(db).filter { line in
      let known = progress[TerminalID(line.terminal)]?.denied ?? 0
      return status == .active || known < since
    }
    let home: UInt32 = try row.integer("home_canteen")
    let balance = try Fen(row.integer("subsidy_fen")) + Fen(row.integer("personal_fen"))
    var sum = WorstCaseSum(
      rules.city, own: rules.own,
      terminalsAt: lines.map { $0.canteen == 0 ? nil : CanteenID($0.canteen) })
    try sum.add(homeCanteen: home == 0 ? nil : CanteenID(home), balance: balance)
    return AccountExposure(
      account: account.number, name: try row.text("name"), status: status.word,
      balanceFen: balance.value,
      terminals: lines.map { line in
        let heard = progress[TerminalID(line.terminal)]?.milliseconds
        return AccountExposure.Line(
          terminal: line.terminal, name: line.name, canteen: line.canteen,
          heardMilliseconds: heard, isRevoked: line.isRevoked)
      },
      perPeriodFen: sum.result.perPeriod.value, untilBrakeFen: sum.result.untilBrake.value,
      everFen: sum.result.ever.value, brakeHours: sum.result.brakeHours)
  }

  /// Every terminal that has joined; the others know nobody.
  private func lines(_ db: any Database) throws -> [AccountExposure.Line] {
    let rows = try db.rows(
      """
      SELECT number, name, canteen, revoked_ms FROM terminal
      WHERE public_key IS NOT NULL ORDER BY number
      """)
    return try rows.map { row in
      AccountExposure.Line(
        terminal: try row.integer("number"), name: try row.text("name"),
        canteen: try row.integer("canteen"), heardMilliseconds: nil,
        isRevoked: row["revoked_ms"] as Int64? != nil)
    }
  }
}

extension AccountStatus {
  /// As an accounts file names it.
  fileprivate var word: String {
    switch self {
    case .active: "active"
    case .reportedLost: "lost"
    case .closed: "closed"
    }
  }
}
