import CanteenModel
import Foundation
import GRDB
import SyncProtocol
import TerminalCore

extension AccountView {
  /// Reads the account that a credential is bound to, inside of the transaction that decides.
  ///
  /// - Parameters:
  ///   - now: The record time of the decision.
  ///   - openedAt: The last record when the ledger was opened.
  static func read(
    _ db: Database, for request: SaleRequest, rulebook: Rulebook?, now: Int64,
    openedAt: JournalPosition
  ) throws -> AccountView? {
    let meal = rulebook?.meal(at: now)?.key
    let byCredential = try db.cachedStatement(
      sql: """
        SELECT a.account, a.masked_name, a.status, a.subsidy_fen, a.personal_fen,
          a.includes_epoch, a.includes_sequence
        FROM credential c JOIN account a ON a.account = c.account
        WHERE c.kind = ? AND c.value = ?
        """)
    guard
      let row = try Row.fetchOne(
        byCredential,
        arguments: [Int(request.credential.kind.rawValue), Data(request.credential.value)])
    else { return nil }
    let account: Int64 = row[0]
    guard let status = AccountStatus(rawValue: row[2]) else {
      throw JournalError.damaged("account \(account) has an unknown status")
    }
    let fed = PurseAmounts(subsidy: Fen(row[3]), personal: Fen(row[4]))
    let own = try SaleRows.sum(
      account, afterEpoch: row[5], sequence: row[6], db)
    return AccountView(
      account: AccountID(account), maskedName: row[1], status: status,
      available: try fed.subtracting(own),
      salesThisMeal: try meal.map { try SaleRows.count(account, meal: $0, db) } ?? 0,
      lastSale: try SaleRows.last(
        account, now: now, openedAt: openedAt,
        reach: {
          Authorisation.reachMilliseconds(of: request, rulebook: rulebook, isFromEarlierRun: $0)
        }, db))
  }

  /// What the display may show after the decision.
  func diner(after sale: SaleRecord?) throws -> SaleOutcome.Diner {
    SaleOutcome.Diner(
      maskedName: maskedName,
      available: try sale.map { try available.subtracting($0.paid) } ?? available,
      salesThisMeal: salesThisMeal + (sale?.meal == nil ? 0 : 1))
  }
}

/// The rows that a sale leaves beside its record, and what is read from them.
enum SaleRows {
  static func insert(_ sale: SaleRecord, at position: JournalPosition, _ db: Database) throws {
    try db.cachedStatement(
      sql: """
        INSERT INTO sale (account, epoch, sequence, subsidy_fen, personal_fen) VALUES (?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      sale.account.number, position.epoch.number, Int64(position.sequence.number),
      sale.paid.subsidy.value, sale.paid.personal.value,
    ])
    guard let meal = sale.meal else { return }
    try db.cachedStatement(
      sql: """
        INSERT INTO meal_counter (account, day, period, sales, fen) VALUES (?, ?, ?, 1, ?)
        ON CONFLICT (account, day, period)
        DO UPDATE SET sales = sales + 1, fen = fen + excluded.fen
        """
    ).execute(arguments: [
      sale.account.number, meal.day, Int(meal.period), try sale.paid.total().value,
    ])
  }

  /// What the own sales behind a position took.
  static func sum(
    _ account: Int64, afterEpoch epoch: Int64, sequence: Int64, _ db: Database
  ) throws -> PurseAmounts {
    let statement = try db.cachedStatement(
      sql: """
        SELECT ifnull(sum(subsidy_fen), 0), ifnull(sum(personal_fen), 0) FROM sale
        WHERE account = ? AND (epoch, sequence) > (?, ?)
        """)
    guard let row = try Row.fetchOne(statement, arguments: [account, epoch, sequence]) else {
      return .zero
    }
    return PurseAmounts(subsidy: Fen(row[0]), personal: Fen(row[1]))
  }

  static func count(_ account: Int64, meal: MealKey, _ db: Database) throws -> Int {
    let statement = try db.cachedStatement(
      sql: "SELECT sales FROM meal_counter WHERE account = ? AND day = ? AND period = ?")
    return try Int.fetchOne(statement, arguments: [account, meal.day, Int(meal.period)]) ?? 0
  }

  /// The account's last sale, unless it is too old to stand for the request.
  ///
  /// Only then its record is decoded: most diners have not paid a minute ago.
  static func last(
    _ account: Int64, now: Int64, openedAt: JournalPosition,
    reach: (_ isFromEarlierRun: Bool) -> Int64, _ db: Database
  ) throws -> EarlierSale? {
    let statement = try db.cachedStatement(
      sql: """
        SELECT s.epoch, s.sequence, r.wall_ms, r.bytes FROM sale s
        JOIN record r ON r.epoch = s.epoch AND r.sequence = s.sequence
        WHERE s.account = ? ORDER BY s.epoch DESC, s.sequence DESC LIMIT 1
        """)
    guard let row = try Row.fetchOne(statement, arguments: [account]) else { return nil }
    let position = JournalPosition(epoch: Epoch(row[0]), sequence: SequenceNumber(row[1]))
    let isFromEarlierRun = position <= openedAt
    guard now - (row[2] as Int64) < reach(isFromEarlierRun) else { return nil }
    let record = try RecordCodec.decode(Array(row[3] as Data))
    guard case .sale(let sale) = record.body else {
      throw JournalError.damaged("record \(position.sequence) is not the sale that its row says")
    }
    return EarlierSale(
      position: position, time: record.time, sale: sale, isFromEarlierRun: isFromEarlierRun)
  }
}
