import CanteenModel
import Foundation
import GRDB
import SyncProtocol
import TerminalCore

extension AccountView {
  /// Reads the account that a credential is bound to, inside of the transaction that decides.
  ///
  /// - Parameter time: The record time of the decision.
  static func read(
    _ db: Database, for request: SaleRequest, at time: RecordTime, _ state: LedgerState
  ) throws -> AccountView? {
    let rulebook = state.rulebook
    let now = time.wallMilliseconds
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
    let account: Int64 = try row.value(0)
    guard let status = AccountStatus(rawValue: try row.value(2)) else {
      throw JournalError.damaged("account \(account) has an unknown status")
    }
    let fed = PurseAmounts(subsidy: Fen(try row.value(3)), personal: Fen(try row.value(4)))
    let own = try SaleRows.sum(
      account, afterEpoch: row.value(5), sequence: row.value(6), db)
    let guardTime = Authorisation.guardMilliseconds(of: request, rulebook: rulebook)
    return AccountView(
      account: AccountID(account), maskedName: try row.value(1), status: status,
      available: try fed.subtracting(own),
      salesThisMeal: try meal.map { try SaleRows.count(account, meal: $0, db) } ?? 0,
      recentSales: try SaleRows.recent(
        account, within: guardTime, before: time, boot: state.bootStart, db),
      unlitSales: state.unlit.sales(
        of: AccountID(account), bootMilliseconds: time.bootMilliseconds))
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
  static func insert(
    _ sale: SaleRecord, at position: JournalPosition, _ time: RecordTime, _ db: Database
  ) throws {
    try db.cachedStatement(
      sql: """
        INSERT INTO sale (account, epoch, sequence, subsidy_fen, personal_fen, boot_ms)
        VALUES (?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      sale.account.number, position.epoch.number, Int64(position.sequence.number),
      sale.paid.subsidy.value, sale.paid.personal.value, time.bootMilliseconds,
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
    return PurseAmounts(subsidy: Fen(try row.value(0)), personal: Fen(try row.value(1)))
  }

  static func count(_ account: Int64, meal: MealKey, _ db: Database) throws -> Int {
    let statement = try db.cachedStatement(
      sql: "SELECT sales FROM meal_counter WHERE account = ? AND day = ? AND period = ?")
    return try Int.fetchOne(statement, arguments: [account, meal.day, Int(meal.period)]) ?? 0
  }

  /// How many of an account's sales are looked at; nobody eats more often within the guard time.
  ///
  /// The statement below names it.
  static let recentLimit = 8

  /// The account's sales within some milliseconds before a moment, newest first, at most
  /// ``recentLimit``.
  ///
  /// Only those are decoded: most diners have not paid a minute ago.
  ///
  /// - Parameter boot: The last record before the machine was booted: older sales have another boot
  ///   clock, and are at least as old as the boot.
  static func recent(
    _ account: Int64, within milliseconds: Int64, before time: RecordTime, boot: JournalPosition,
    _ db: Database
  ) throws -> [EarlierSale] {
    guard milliseconds > 0 else { return [] }
    let statement = try db.cachedStatement(
      sql: """
        SELECT epoch, sequence, boot_ms FROM sale
        WHERE account = ? ORDER BY epoch DESC, sequence DESC LIMIT 8
        """)
    var places: [JournalPosition] = []
    let cursor = try Row.fetchCursor(statement, arguments: [account])
    while let row = try cursor.next() {
      let position = try row.position()
      let age =
        position > boot ? time.bootMilliseconds &- (try row.value(2)) : time.bootMilliseconds
      guard age < milliseconds else { break }
      places.append(position)
    }
    return try places.map { try read($0, db) }.filter {
      time.milliseconds(since: $0.time, isSameBoot: $0.position > boot) < milliseconds
    }
  }

  /// The sale at a place.
  static func read(_ position: JournalPosition, _ db: Database) throws -> EarlierSale {
    let statement = try db.cachedStatement(
      sql: "SELECT bytes FROM record WHERE epoch = ? AND sequence = ?")
    let bytes = try Data.fetchOne(
      statement, arguments: [position.epoch.number, Int64(position.sequence.number)])
    guard let bytes else { throw JournalError.damaged("record \(position.sequence) is missing") }
    let record = try RecordCodec.decode(Array(bytes))
    guard case .sale(let sale) = record.body else {
      throw JournalError.damaged("record \(position.sequence) is not the sale that its row says")
    }
    return EarlierSale(position: position, time: record.time, sale: sale)
  }
}
