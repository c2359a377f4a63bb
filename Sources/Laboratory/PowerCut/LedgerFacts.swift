import CanteenModel
import RecordingDisk
import SyncProtocol

/// Everything that a closed ledger says, read without the journal.
struct LedgerFacts: Hashable, Sendable {
  struct Record: Hashable, Sendable {
    let position: JournalPosition
    let wallMilliseconds: Int64
    let bytes: [UInt8]
    let head: [UInt8]
  }

  let records: [Record]
  /// Rows as they are, in the order of their keys.
  let sales: [[RawValue]]
  let counters: [[RawValue]]
  let corrections: [[RawValue]]
  let accounts: [[RawValue]]
  let tranches: [[RawValue]]
  let credentials: [[RawValue]]
  let position: JournalPosition
  let head: [UInt8]
  let acknowledged: JournalPosition
  let feedCursor: Int64
  /// The last record that was removed, the head after it, and the first day that is counted.
  let pruned: JournalPosition
  let prunedHead: [UInt8]
  let countedFromDay: Int64
  /// What was sold behind the acknowledged record.
  let unsettledFen: Int64
  /// The rest of the state: nonce, tokens, sizes, place, rulebooks.
  let rest: [RawValue]

  /// Reads a ledger that nobody has open.
  init(folder: String) throws {
    let database = try RawDatabase(path: folder + "/" + LabTerminal.ledger)
    records = try database.rows(
      "SELECT epoch, sequence, wall_ms, bytes, head FROM record ORDER BY epoch, sequence"
    ).map { row in
      Record(
        position: Self.position(row[0], row[1]), wallMilliseconds: row[2].integer ?? 0,
        bytes: row[3].blob ?? [], head: row[4].blob ?? [])
    }
    sales = try database.rows(
      """
      SELECT account, epoch, sequence, purse, tranche, fen, boot_ms FROM sale
      ORDER BY account, epoch, sequence, purse, tranche
      """)
    counters = try database.rows(
      """
      SELECT account, day, period, sales, guests, fen, alone, alone_fen, market_fen
      FROM meal_counter ORDER BY account, day, period
      """)
    corrections = try database.rows(
      """
      SELECT original_epoch, original_sequence, epoch, sequence FROM correction
      ORDER BY original_epoch, original_sequence, epoch, sequence
      """)
    accounts = try database.rows(
      """
      SELECT account, masked_name, status, category, home_canteen, version, includes_epoch,
        includes_sequence FROM account ORDER BY account
      """)
    tranches = try database.rows(
      """
      SELECT account, purse, tranche, fen, last_day FROM tranche
      ORDER BY account, purse, tranche
      """)
    credentials = try database.rows(
      "SELECT kind, value, account FROM credential ORDER BY kind, value")
    let state = try database.rows(
      """
      SELECT epoch, sequence, head, acked_epoch, acked_sequence, feed_cursor, acked_head,
        acked_time_ms, nonce, next_size, next_epoch, epoch_token, opening_token, canteen,
        is_only_terminal, closed_epoch, closed_sequence, (SELECT group_concat(hex(bytes)) FROM rulebook), unsettled_fen
      FROM terminal_state
      """)
    guard state.count == 1, let state = state.first else {
      throw LaboratoryError.broken("terminal_state has not one row")
    }
    position = Self.position(state[0], state[1])
    head = state[2].blob ?? []
    acknowledged = Self.position(state[3], state[4])
    feedCursor = state[5].integer ?? -1
    rest = Array(state[6..<(state.count - 1)])
    unsettledFen = state[state.count - 1].integer ?? -1
    let removed = try database.rows("SELECT epoch, sequence, head, counted_from_day FROM pruned")
    let end =
      removed.first
      ?? [.integer(1), .integer(0), .blob(Digest32.zero.bytes), .integer(0)]
    pruned = Self.position(end[0], end[1])
    prunedHead = end[2].blob ?? []
    countedFromDay = end[3].integer ?? -1
  }

  /// The counters of days that a limit may still count; what is older means nothing any more.
  private var countedRows: [[RawValue]] {
    counters.filter { $0[1].integer ?? 0 >= countedFromDay }
  }

  /// What of records, heads, sales and counters is not the same: what no centre can send again.
  func otherPast(than other: LedgerFacts) -> [String] {
    let parts = [
      ("records", records == other.records), ("sales", sales == other.sales),
      ("counters", countedRows == other.countedRows),
      ("corrections", corrections == other.corrections),
      ("position", position == other.position), ("head", head == other.head),
      ("unsettled", unsettledFen == other.unsettledFen), ("pruned", pruned == other.pruned),
      ("head of the pruned", prunedHead == other.prunedHead),
      ("first counted day", countedFromDay == other.countedFromDay),
    ]
    return parts.filter { !$0.1 }.map(\.0)
  }

  private static func position(_ epoch: RawValue, _ sequence: RawValue) -> JournalPosition {
    JournalPosition(
      epoch: Epoch(UInt32(clamping: epoch.integer ?? 0)),
      sequence: SequenceNumber(UInt64(clamping: sequence.integer ?? 0)))
  }
}
