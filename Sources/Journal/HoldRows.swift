import CanteenModel
import Foundation
import GRDB
import SyncProtocol
import TerminalCore

/// The rows of the amounts that the centre was asked to set aside for this terminal.
///
/// A row is on disk before the centre is asked, so that a crash can still give the amount back. It goes
/// when nothing of it is left, when the centre refused, or with the record that gives the rest back.
enum HoldRows {
  /// So many may be open; with more, only what a sale costs is asked for.
  static let leaseLimit = 4096

  /// Notes a request that is about to be asked.
  static func insert(_ request: HoldRequest, isLease: Bool, _ db: Database) throws {
    try db.cachedStatement(
      sql: "INSERT INTO hold (id, account, asked_fen, is_lease) VALUES (?, ?, ?, ?)"
    ).execute(arguments: [
      request.id.digest.blob, request.account.number, request.asked.value, isLease,
    ])
  }

  /// Notes a request to give back what another terminal sold. It stays unanswered until the record is
  /// written that uses it, or gives it back.
  static func insert(_ request: RefundHoldRequest, _ db: Database) throws {
    try db.cachedStatement(
      sql: "INSERT INTO hold (id, account, asked_fen, is_lease) VALUES (?, NULL, ?, 0)"
    ).execute(arguments: [request.id.digest.blob, request.amount?.value ?? 0])
  }

  /// Notes what the centre set aside. Without effect when the request was given back meanwhile.
  static func grant(_ amount: Fen, to id: HoldID, _ db: Database) throws {
    try db.cachedStatement(
      sql: "UPDATE hold SET granted_fen = ? WHERE id = ? AND granted_fen IS NULL"
    ).execute(arguments: [amount.value, id.digest.blob])
  }

  /// What is left of an account's holds, oldest first.
  static func rests(of account: AccountID, _ db: Database) throws -> [HoldSpend] {
    let statement = try db.cachedStatement(
      sql: """
        SELECT id, granted_fen - spent_fen FROM hold
        WHERE account = ? AND granted_fen > spent_fen ORDER BY number
        """)
    return try Row.fetchAll(statement, arguments: [account.number]).map { row in
      HoldSpend(hold: HoldID(try row.head("id")), amount: Fen(try row.value(1)))
    }
  }

  /// Takes a sale's parts from their holds.
  ///
  /// - Returns: How many holds are used up.
  static func spend(_ spends: [HoldSpend], _ db: Database) throws -> Int {
    for spend in spends {
      try db.cachedStatement(
        sql: "UPDATE hold SET spent_fen = spent_fen + ? WHERE id = ? AND granted_fen IS NOT NULL"
      ).execute(arguments: [spend.amount.value, spend.hold.digest.blob])
      guard db.changesCount == 1 else {
        throw JournalError.damaged("a sale takes from the hold \(spend.hold), which is not there")
      }
    }
    guard let first = spends.first else { return 0 }
    var gone = try deleteUsedUp(first.hold, db)
    for spend in spends.dropFirst() { gone += try deleteUsedUp(spend.hold, db) }
    return gone
  }

  private static func deleteUsedUp(_ hold: HoldID, _ db: Database) throws -> Int {
    try db.cachedStatement(sql: "DELETE FROM hold WHERE id = ? AND spent_fen >= granted_fen")
      .execute(arguments: [hold.digest.blob])
    return db.changesCount
  }

  /// - Returns: Whether it was there.
  static func delete(_ id: HoldID, _ db: Database) throws -> Bool {
    try db.cachedStatement(sql: "DELETE FROM hold WHERE id = ?")
      .execute(arguments: [id.digest.blob])
    return db.changesCount == 1
  }

  /// Whether a hold is a lease of which a sale was paid.
  static func isUsedLease(_ id: HoldID, _ db: Database) throws -> Bool {
    let statement = try db.cachedStatement(
      sql: "SELECT 1 FROM hold WHERE id = ? AND is_lease = 1 AND spent_fen > 0")
    return try Row.fetchOne(statement, arguments: [id.digest.blob]) != nil
  }

  /// The holds that the centre answered, or those that it did not, oldest first.
  static func open(
    isAnswered: Bool, limit: Int, _ db: Database
  ) throws -> [HoldReleased] {
    let condition = isAnswered ? "granted_fen IS NOT NULL" : "granted_fen IS NULL"
    let rows = try Row.fetchAll(
      db, sql: "SELECT id, account FROM hold WHERE \(condition) ORDER BY number LIMIT ?",
      arguments: [limit])
    return try rows.map { row in
      HoldReleased(
        hold: HoldID(try row.head("id")),
        account: Int64.fromDatabaseValue(row[1]).map { AccountID($0) })
    }
  }

  static func count(_ db: Database) throws -> Int {
    var count = 0
    try LedgerStatement(db, "SELECT count(*) FROM hold").rows { count = try $0.value(0) }
    return count
  }

  /// The account's sales that no hold paid for and that its fed row does not include, in order; what went
  /// back from them is taken off.
  ///
  /// At most ``HoldRequest/ownSaleLimit``: what is older is summed up under the place of the youngest of
  /// it, so that the centre rather counts too much than too little.
  static func ownSales(of account: AccountID, _ db: Database) throws -> [HoldRequest.OwnSale] {
    let statement = try db.cachedStatement(
      sql: """
        SELECT DISTINCT sale.epoch, sale.sequence, record.bytes FROM account
        JOIN sale ON sale.account = account.account
          AND (sale.epoch, sale.sequence) > (includes_epoch, includes_sequence)
        JOIN record ON record.epoch = sale.epoch AND record.sequence = sale.sequence
        WHERE account.account = ? ORDER BY sale.epoch, sale.sequence
        """)
    var sales: [HoldRequest.OwnSale] = []
    for row in try Row.fetchAll(statement, arguments: [account.number]) {
      let record = try RecordCodec.decode(Array(try row.value(2) as Data))
      guard case .sale(let sale) = record.body else { continue }
      let position = try row.position()
      let unheld = try sale.holds.reduce(sale.total) { try $0 - $1.amount }
      let amount = try CorrectionRows.corrections(of: position, db).reduce(unheld) {
        try $0 - $1.total
      }
      guard amount > .zero else { continue }
      sales.append(HoldRequest.OwnSale(position: position, amount: amount))
    }
    let surplus = sales.count - HoldRequest.ownSaleLimit
    guard surplus > 0 else { return sales }
    let older = sales[...surplus]
    let sum = try older.reduce(Fen.zero) { try $0 + $1.amount }
    let folded = HoldRequest.OwnSale(position: sales[surplus].position, amount: sum)
    return [folded] + sales[(surplus + 1)...]
  }
}
