import CanteenModel
import GRDB
import SyncProtocol
import TerminalCore

/// The rows of what other terminals of the canteen spent and reserved, and what this one says of itself.
enum PeerRows {
  /// What is known beside this terminal's own sales of an account.
  struct Others {
    /// Within the meal period: what others spent and reserved, and what other presentations here reserved.
    var known = KnownSpend()
    /// What others took of the balance that it does not have yet, of whatever meal period.
    var unsettled = Fen.zero
  }

  static func roster(_ db: Database) throws -> [PeerAddress] {
    try Row.fetchAll(db, sql: "SELECT terminal, url FROM peer ORDER BY terminal").map { row in
      PeerAddress(
        terminal: TerminalID(try row.value(0)), url: String.fromDatabaseValue(row[1]))
    }
  }

  static func replaceRoster(_ peers: [PeerAddress], _ db: Database) throws {
    try db.execute(sql: "DELETE FROM peer")
    for peer in peers {
      try db.execute(
        sql: "INSERT INTO peer (terminal, url) VALUES (?, ?)",
        arguments: [peer.terminal.number, peer.url])
    }
  }

  /// Whether another terminal ever stated anything: where none did, nothing is looked for.
  static func areThere(_ db: Database) throws -> Bool {
    try Row.fetchOne(db, sql: "SELECT 1 FROM peer_spend LIMIT 1") != nil
  }

  /// - Parameter asked: What is reserved for the very presentation that is decided.
  static func others(
    of account: AccountID, in slot: MealKey, _ state: LedgerState, asked: PeerQuestion?,
    _ db: Database
  ) throws -> Others {
    var others = Others()
    for reserved in state.statements.reserved
    where reserved.account == account && reserved.slot == slot && reserved.id != asked?.id {
      try others.known.add(reserved.amount, approvals: 1)
    }
    guard state.statements.knowsOthers else { return others }
    try LedgerStatement(
      db,
      """
      SELECT bytes, epoch, sequence FROM peer_spend
      LEFT JOIN peer_includes USING (account, terminal) WHERE account = ?
      """
    ).rows(.integer(account.number)) { row in
      let statement = try PeerCodec.decode(statement: try row.bytes(0))
      if statement.slot == slot { try others.known.add(statement) }
      var included: JournalPosition?
      if let epoch: UInt32 = try row.optional(1) {
        included = JournalPosition(
          epoch: Epoch(epoch), sequence: SequenceNumber(try row.value(2)))
      }
      others.unsettled =
        try others.unsettled
        + statement.unsettled(behind: included, isOver: statement.slot < slot)
    }
    return others
  }

  /// What others stated of an account in a meal period.
  static func statements(
    of account: AccountID, in slot: MealKey, _ db: Database
  ) throws -> [SpendStatement] {
    var statements: [SpendStatement] = []
    try LedgerStatement(
      db, "SELECT bytes FROM peer_spend WHERE account = ? AND day = ? AND period = ?"
    ).rows(
      .integer(account.number), .integer(Int64(slot.day)), .integer(Int64(slot.period))
    ) { row in statements.append(try PeerCodec.decode(statement: try row.bytes(0))) }
    return statements
  }

  /// Keeps a statement unless a newer one of its terminal is here.
  static func store(
    _ statement: SpendStatement, _ state: inout LedgerState, _ db: Database
  ) throws {
    let newest = try statements(of: statement.account, in: statement.slot, db)
      .first { $0.terminal == statement.terminal }
    if let newest, newest.number >= statement.number { return }
    try LedgerStatement(
      db,
      """
      INSERT OR REPLACE INTO peer_spend (account, day, period, terminal, bytes)
      VALUES (?, ?, ?, ?, ?)
      """
    ).run(
      .integer(statement.account.number), .integer(Int64(statement.slot.day)),
      .integer(Int64(statement.slot.period)), .integer(Int64(statement.terminal.number)),
      .bytes(try PeerCodec.encode(statement)))
    state.statements.knowsOthers = true
  }

  /// So many days what others stated is kept: no balance waits longer for what a terminal sold that is not
  /// cut off, and one that is has its brakes before.
  static let keptDays: Int32 = 7

  /// Removes what was stated of days long past.
  static func remove(before day: Int32, _ db: Database) throws {
    try db.cachedStatement(sql: "DELETE FROM peer_spend WHERE day < ?").execute(arguments: [day])
  }

  /// What this terminal sold to an account in a meal period without the centre, in order; what went back is
  /// taken off.
  static func ownSales(
    of account: AccountID, in slot: MealKey, _ db: Database
  ) throws -> [SpendStatement.Entry] {
    var entries: [SpendStatement.Entry] = []
    try LedgerStatement(
      db,
      """
      SELECT DISTINCT sale.epoch, sale.sequence, record.bytes FROM sale
      JOIN record ON record.epoch = sale.epoch AND record.sequence = sale.sequence
      WHERE account = ? ORDER BY sale.epoch DESC, sale.sequence DESC
      """
    ).prefix(
      .integer(account.number),
      while: { row in
        guard case .sale(let sale) = try RecordCodec.decode(try row.bytes(2)).body else {
          return true
        }
        // Record time never falls, and a meal may go beyond midnight: what comes now is of an earlier day. Within
        // a day the numbers of meals are in no order of time.
        guard sale.slot.day >= slot.day - 1 else { return false }
        guard sale.slot == slot, sale.place != .online else { return true }
        let position = try row.position()
        let amount = try CorrectionRows.corrections(of: position, db).reduce(sale.total) {
          try $0 - $1.total
        }
        if amount > .zero { entries.append(.init(position: position, amount: amount)) }
        return true
      })
    return entries.reversed()
  }
}

/// What a terminal keeps in memory of what it says to others: lost with the process, because a sale that
/// was not decided by then never is.
struct OwnStatements: Sendable {
  struct Reserved: Sendable {
    let id: UInt64
    let account: AccountID
    let slot: MealKey
    let amount: Fen
  }

  /// How often the ledger was opened.
  var run: UInt32
  /// Whether another terminal stated anything.
  var knowsOthers: Bool
  private(set) var reserved: [Reserved] = []
  /// How many accounts each of the others stated anything of on a day, since the ledger was opened.
  private var stated: [PeerDay: Int] = [:]
  private var count: UInt32 = 0
  private var asked: UInt64 = 0

  init(run: UInt32, knowsOthers: Bool) {
    self.run = run
    self.knowsOthers = knowsOthers
  }

  /// - Returns: The number under which it can be forgotten.
  mutating func reserve(_ need: PeerNeed) -> UInt64 {
    asked += 1
    reserved.append(
      Reserved(id: asked, account: need.account, slot: need.slot, amount: need.amount))
    return asked
  }

  mutating func forget(_ question: PeerQuestion?) {
    reserved.removeAll { $0.id == question?.id }
  }

  /// On one day nobody sells to more people at one terminal; a neighbour that is hostile fills no disk.
  static let dailyLimit = 20_000
  /// Days of others that are remembered; when there are more, counting begins anew.
  private static let daysLimit = 4_096

  /// Whether a statement of an account of which its terminal said nothing before may be kept.
  mutating func mayAdd(_ statement: SpendStatement) -> Bool {
    let place = PeerDay(terminal: statement.terminal, day: statement.slot.day)
    guard stated[place, default: 0] < Self.dailyLimit else { return false }
    if stated.count >= Self.daysLimit { stated.removeAll() }
    stated[place, default: 0] += 1
    return true
  }

  private struct PeerDay: Hashable {
    let terminal: TerminalID
    let day: Int32
  }

  /// Of the next statement.
  mutating func nextNumber(in epoch: Epoch) -> StatementNumber {
    count += 1
    return StatementNumber(epoch: epoch, run: run, count: count)
  }
}
