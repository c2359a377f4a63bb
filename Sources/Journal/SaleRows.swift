import CanteenModel
import GRDB
import SyncProtocol
import TerminalCore

/// The rows that a sale leaves beside its record, and what is read from them.
enum SaleRows {
  static func insert(
    _ sale: SaleRecord, at position: JournalPosition, _ time: RecordTime, _ db: Database
  ) throws {
    for row in SaleRow.rows(of: sale, at: position, time) { try row.insert(db) }
    let counts = SaleCounts(of: sale)
    try LedgerStatement(
      db,
      """
      INSERT INTO meal_counter
        (account, day, period, sales, guests, fen, alone, alone_fen, market_fen)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (account, day, period)
      DO UPDATE SET sales = sales + excluded.sales, guests = guests + excluded.guests,
        fen = fen + excluded.fen, alone = alone + excluded.alone,
        alone_fen = alone_fen + excluded.alone_fen, market_fen = market_fen + excluded.market_fen
      """
    ).run(
      .integer(sale.account.number), .integer(Int64(sale.slot.day)),
      .integer(Int64(sale.slot.period)), .integer(counts.meals), .integer(counts.guests),
      .integer(counts.amount.value), .integer(counts.alone), .integer(counts.aloneAmount.value),
      .integer(counts.marketAmount.value))
  }

  /// What is left of each tranche: what the centre fed minus what the own sales behind the fed row's
  /// last included record took.
  static func tranches(
    of account: Int64, behindEpoch epoch: Int64, sequence: Int64, _ db: Database
  ) throws -> [TrancheBalance] {
    var tranches: [TrancheBalance] = []
    try LedgerStatement(db, "SELECT purse, tranche, fen, last_day FROM tranche WHERE account = ?")
      .rows(.integer(account)) { row in
        tranches.append(
          TrancheBalance(
            purse: try purse(row.value(0)), tranche: TrancheID(try row.value(1)),
            amount: Fen(try row.value(2)), lastSpendingDay: try row.optional(3)))
      }
    try LedgerStatement(
      db, "SELECT purse, tranche, fen FROM sale WHERE account = ? AND (epoch, sequence) > (?, ?)"
    ).rows(.integer(account), .integer(epoch), .integer(sequence)) { row in
      let (purse, tranche) = (try purse(row.value(0)), TrancheID(try row.value(1)))
      let taken = Fen(try row.value(2))
      if let index = tranches.firstIndex(where: { $0.purse == purse && $0.tranche == tranche }) {
        tranches[index].amount = try tranches[index].amount - taken
      } else {
        // The centre does not show it any more: its last day is over. What it still owes counts as debt,
        // what went back to it is not spent.
        tranches.append(
          TrancheBalance(
            purse: purse, tranche: tranche, amount: try Fen.zero - taken, lastSpendingDay: .min))
      }
    }
    return tranches
  }

  /// What an account did in a slot and on its day, and, for sales by items, in its month.
  static func counters(
    of account: Int64, _ slot: MealKey, withMonth: Bool, _ db: Database
  ) throws -> AccountCounters {
    var counters = AccountCounters()
    try LedgerStatement(
      db,
      """
      SELECT period, sales, guests, fen, alone, alone_fen, market_fen FROM meal_counter
      WHERE account = ? AND day = ?
      """
    ).rows(.integer(account), .integer(Int64(slot.day))) { row in
      counters.dayTotal = try counters.dayTotal + Fen(row.value(3))
      counters.marketDayTotal = try counters.marketDayTotal + Fen(row.value(6))
      guard try row.value(0) == slot.period else { return }
      counters.meals = try row.value(1)
      counters.guests = try row.value(2)
      counters.aloneApprovals = try row.value(4)
      counters.aloneTotal = Fen(try row.value(5))
    }
    guard withMonth else { return counters }
    try LedgerStatement(
      db,
      """
      SELECT ifnull(sum(market_fen), 0) FROM meal_counter
      WHERE account = ? AND day >= ? AND day <= ?
      """
    ).rows(
      .integer(account), .integer(Int64(slot.firstDayOfMonth)), .integer(Int64(slot.day))
    ) { counters.marketMonthTotal = Fen(try $0.value(0)) }
    return counters
  }

  /// The account's sales within some milliseconds before a moment, newest first; of its newest eight
  /// records, because nobody eats more often within the guard time. A sale that was corrected is none
  /// any more: its diner may pay again.
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
    var places: [JournalPosition] = []
    try LedgerStatement(
      db,
      """
      SELECT DISTINCT epoch, sequence, boot_ms FROM sale
      WHERE account = ? ORDER BY epoch DESC, sequence DESC LIMIT 8
      """
    ).prefix(
      .integer(account),
      while: { row in
        let position = try row.position()
        let age =
          position > boot ? time.bootMilliseconds &- (try row.value(2)) : time.bootMilliseconds
        guard age < milliseconds else { return false }
        places.append(position)
        return true
      })
    return try places.compactMap { try readSale($0, db) }.filter {
      try time.milliseconds(since: $0.time, isSameBoot: $0.position > boot) < milliseconds
        && !CorrectionRows.exist(for: $0.position, db)
    }
  }

  /// The sale at a place.
  static func read(_ position: JournalPosition, _ db: Database) throws -> EarlierSale {
    guard let sale = try readSale(position, db) else {
      throw JournalError.damaged("record \(position.sequence) is not the sale that its row says")
    }
    return sale
  }

  /// The sale at a place; `nil` when the record there is a correction.
  private static func readSale(
    _ position: JournalPosition, _ db: Database
  ) throws -> EarlierSale? {
    let bytes = try LedgerStatement(
      db, "SELECT bytes FROM record WHERE epoch = ? AND sequence = ?"
    ).first(.integer(Int64(position.epoch.number)), .integer(Int64(position.sequence.number))) {
      try $0.bytes(0)
    }
    guard let bytes else { throw JournalError.damaged("record \(position.sequence) is missing") }
    let record = try RecordCodec.decode(bytes)
    switch record.body {
    case .sale(let sale): return EarlierSale(position: position, time: record.time, sale: sale)
    case .correction: return nil
    case .epochOpened, .decline, .dayClosed, .holdReleased, .keyRotated:
      throw JournalError.damaged("record \(position.sequence) is not the sale that its row says")
    }
  }

  static func purse(_ number: Int64) throws -> Purse {
    guard let purse = Purse(number: number) else {
      throw JournalError.damaged("there is no purse \(number)")
    }
    return purse
  }
}
