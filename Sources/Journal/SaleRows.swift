import CanteenModel
import Foundation
import GRDB
import SyncProtocol
import TerminalCore

/// The rows that a sale leaves beside its record, and what is read from them.
enum SaleRows {
  static func insert(
    _ sale: SaleRecord, at position: JournalPosition, _ time: RecordTime, _ db: Database
  ) throws {
    let insertion = try db.cachedStatement(
      sql: """
        INSERT INTO sale (account, epoch, sequence, purse, tranche, fen, boot_ms)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """)
    let free = Spend(purse: .subsidy, tranche: .none, amount: .zero)
    for spend in sale.spends.isEmpty ? [free] : sale.spends {
      try insertion.execute(arguments: [
        sale.account.number, position.epoch.number, Int64(position.sequence.number),
        spend.purse.number, spend.tranche.number, spend.amount.value, time.bootMilliseconds,
      ])
    }
    let isAlone = sale.place == .alone && sale.total > .zero
    try db.cachedStatement(
      sql: """
        INSERT INTO meal_counter
          (account, day, period, sales, guests, fen, alone, alone_fen, market_fen)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (account, day, period)
        DO UPDATE SET sales = sales + excluded.sales, guests = guests + excluded.guests,
          fen = fen + excluded.fen, alone = alone + excluded.alone,
          alone_fen = alone_fen + excluded.alone_fen, market_fen = market_fen + excluded.market_fen
        """
    ).execute(arguments: [
      sale.account.number, sale.slot.day, Int(sale.slot.period), sale.isOwnMeal ? 1 : 0,
      sale.isGuest ? 1 : 0, sale.total.value, isAlone ? 1 : 0, isAlone ? sale.total.value : 0,
      sale.marketTotal.value,
    ])
  }

  /// What is left of each tranche: what the centre fed minus what the own sales behind the fed row's
  /// last included record took.
  static func tranches(
    of account: Int64, behindEpoch epoch: Int64, sequence: Int64, _ db: Database
  ) throws -> [TrancheBalance] {
    let fed = try db.cachedStatement(
      sql: "SELECT purse, tranche, fen, last_day FROM tranche WHERE account = ?")
    var tranches = try Row.fetchAll(fed, arguments: [account]).map { row in
      TrancheBalance(
        purse: try purse(row.value(0)), tranche: TrancheID(try row.value(1)),
        amount: Fen(try row.value(2)), lastSpendingDay: try row.optionalDay(3))
    }
    let own = try db.cachedStatement(
      sql: """
        SELECT purse, tranche, fen FROM sale WHERE account = ? AND (epoch, sequence) > (?, ?)
        """)
    for row in try Row.fetchAll(own, arguments: [account, epoch, sequence]) {
      let (purse, tranche) = (try purse(row.value(0)), TrancheID(try row.value(1)))
      let taken = Fen(try row.value(2))
      if let index = tranches.firstIndex(where: { $0.purse == purse && $0.tranche == tranche }) {
        tranches[index].amount = try tranches[index].amount - taken
      } else {
        // The centre does not show it any more; what it still owes counts as debt.
        tranches.append(
          TrancheBalance(
            purse: purse, tranche: tranche, amount: try Fen.zero - taken, lastSpendingDay: .min))
      }
    }
    return tranches
  }

  /// What an account did in a slot and on its day.
  static func counters(
    of account: Int64, _ slot: MealKey, for request: SaleRequest, _ db: Database
  ) throws -> AccountCounters {
    let statement = try db.cachedStatement(
      sql: """
        SELECT period, sales, guests, fen, alone, alone_fen, market_fen FROM meal_counter
        WHERE account = ? AND day = ?
        """)
    var counters = AccountCounters()
    for row in try Row.fetchAll(statement, arguments: [account, slot.day]) {
      counters.dayTotal = try counters.dayTotal + Fen(row.value(3))
      counters.marketDayTotal = try counters.marketDayTotal + Fen(row.value(6))
      guard try row.value(0) == Int(slot.period) else { continue }
      counters.meals = try row.value(1)
      counters.guests = try row.value(2)
      counters.aloneApprovals = try row.value(4)
      counters.aloneTotal = Fen(try row.value(5))
    }
    guard case .items = request.price else { return counters }
    let month = try db.cachedStatement(
      sql: """
        SELECT ifnull(sum(market_fen), 0) FROM meal_counter
        WHERE account = ? AND day >= ? AND day <= ?
        """)
    let total = try Int64.fetchOne(month, arguments: [account, slot.firstDayOfMonth, slot.day])
    counters.marketMonthTotal = Fen(total ?? 0)
    return counters
  }

  /// The account's sales within some milliseconds before a moment, newest first; of its newest eight,
  /// because nobody eats more often within the guard time.
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
        SELECT DISTINCT epoch, sequence, boot_ms FROM sale
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

  static func purse(_ number: Int64) throws -> Purse {
    guard let purse = Purse(number: number) else {
      throw JournalError.damaged("there is no purse \(number)")
    }
    return purse
  }
}
