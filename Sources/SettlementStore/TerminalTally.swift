import CanteenModel
import SQLStore
import SettlementCore

/// What a terminal's records add up to. Kept with every intake, so that the report need not add;
/// ``Books/check()`` adds all of them and compares.
struct TerminalTally: Equatable, Sendable {
  var records: Int64 = 0
  var sales: Int64 = 0
  var subsidyFen: Int64 = 0
  var personalFen: Int64 = 0
  var payableFen: Int64 = 0
  var corrections: Int64 = 0
  var declines: Int64 = 0
  var suspenseRecords: Int64 = 0
  var forkRecords: Int64 = 0

  /// What suspense stands in for: what the canteen is owed and nobody was charged for.
  var suspenseFen: Int64 {
    get throws { (try Fen(payableFen) - Fen(subsidyFen) - Fen(personalFen)).value }
  }

  /// Counts a record among those of the terminal that made it.
  mutating func count(_ record: ReadRecord, _ posting: Posting, isAccepted: Bool) {
    records += 1
    if !isAccepted { forkRecords += 1 }
    if case .suspense = posting.standing { suspenseRecords += 1 }
    if case .decline(let decline) = record.record?.body { declines += Int64(decline.count) }
  }

  /// Adds what a record moved to the takings of the terminal that sold.
  mutating func addMoney(_ record: ReadRecord, _ posting: Posting) {
    for leg in posting.legs {
      if case .payable = leg.account { payableFen += leg.amount.value }
    }
    switch (posting.standing, record.record?.body) {
    case (.posted, .sale(let sale)):
      sales += 1
      subsidyFen += sale.paid.subsidy.value
      personalFen += sale.paid.personal.value
    case (.posted, .correction(let correction)):
      corrections += 1
      subsidyFen -= correction.returned.subsidy.value
      personalFen -= correction.returned.personal.value
    case (.posted, _), (.suspense, _), (.nothingToPost, _): break
    }
  }

  /// Reads the columns of ``columns``, or sums with their names.
  init(_ row: Row) throws {
    records = try row.integer("records")
    sales = try row.integer("sales")
    subsidyFen = try row.integer("subsidy_fen")
    personalFen = try row.integer("personal_fen")
    payableFen = try row.integer("payable_fen")
    corrections = try row.integer("corrections")
    declines = try row.integer("declines")
    suspenseRecords = try row.integer("suspense_records")
    forkRecords = try row.integer("fork_records")
  }

  init() {}

  static func += (left: inout Self, right: Self) {
    left = left + right
  }

  static func + (left: Self, right: Self) -> Self {
    var sum = left
    sum.records += right.records
    sum.sales += right.sales
    sum.subsidyFen += right.subsidyFen
    sum.personalFen += right.personalFen
    sum.payableFen += right.payableFen
    sum.corrections += right.corrections
    sum.declines += right.declines
    sum.suspenseRecords += right.suspenseRecords
    sum.forkRecords += right.forkRecords
    return sum
  }
}

extension Books {
  /// Adds to what is kept for a terminal. Inside of the intake's transaction.
  func add(_ tally: TerminalTally, to terminal: TerminalID, _ db: any Database) throws {
    try db.execute(
      """
      INSERT INTO tally (terminal, records, sales, subsidy_fen, personal_fen, payable_fen,
        corrections, declines, suspense_records, fork_records)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (terminal) DO UPDATE SET
        records = tally.records + excluded.records, sales = tally.sales + excluded.sales,
        subsidy_fen = tally.subsidy_fen + excluded.subsidy_fen,
        personal_fen = tally.personal_fen + excluded.personal_fen,
        payable_fen = tally.payable_fen + excluded.payable_fen,
        corrections = tally.corrections + excluded.corrections,
        declines = tally.declines + excluded.declines,
        suspense_records = tally.suspense_records + excluded.suspense_records,
        fork_records = tally.fork_records + excluded.fork_records
      """,
      [
        terminal.number, tally.records, tally.sales, tally.subsidyFen, tally.personalFen,
        tally.payableFen, tally.corrections, tally.declines, tally.suspenseRecords,
        tally.forkRecords,
      ])
  }
}
