import CanteenModel
import Foundation
import Journal
import RecordingDisk
import SyncProtocol

/// The ledger of a terminal that serves a whole province and never pruned: a row for every account, and
/// every record since the first.
///
/// The rows are those that the journal would have written, in the order of the file, without a commit
/// each: 10,000,000 records take minutes, not days. Everybody paid with their subsidy, 2,000 a day, and
/// the centre has all but the last day.
struct LargeStore: Sendable {
  let folder: String
  let accounts: Int
  /// Sales. A multiple of ``accounts``.
  let records: Int

  init(folder: String, accounts: Int, records: Int) {
    self.folder = folder
    self.accounts = accounts
    self.records = records / accounts * accounts
  }

  var path: String { "\(folder)/ledger.sqlite" }
  /// Written when the store is whole.
  private var marker: String { "\(folder)/whole" }

  /// Nobody eats twice a day.
  private var salesPerDay: Int { min(2000, accounts) }
  private var salesPerAccount: Int { records / accounts }
  /// Unacknowledged, as on an evening without a network.
  private var tail: Int { min(salesPerDay, records) }
  /// The hour of the first sale, in whole days before ``BenchFeed/noon``.
  private var firstWall: Int64 {
    BenchFeed.noon - Int64(records / salesPerDay + 2) * BenchFeed.dayMilliseconds
  }

  /// Makes the store, unless an earlier run left it.
  ///
  /// - Returns: The noon after its last record: sales go on there.
  func prepare() async throws -> Int64 {
    if !FileManager.default.fileExists(atPath: marker) {
      if FileManager.default.fileExists(atPath: folder) {
        try FileManager.default.removeItem(atPath: folder)
      }
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try await begin()
      try fill()
      try Data().write(to: URL(filePath: marker))
    }
    return try acknowledge()
  }

  /// Lets the product create its ledger and take the rules.
  private func begin() async throws {
    let terminal = try BenchTerminal(
      path: path, accounts: accounts, start: firstWall - BenchFeed.dayMilliseconds)
    try await terminal.journal.apply(BenchFeed.page(accounts: 0))
    try terminal.journal.close()
  }

  private func fill() throws {
    let database = try RawDatabase(path: path)
    // Nothing is promised before the marker is there.
    try database.execute(
      "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536")
    try fillAccounts(database)
    try fillRecords(database)
    try fillSales(database)
  }

  private func fillAccounts(_ database: borrowing RawDatabase) throws {
    try database.insert(
      "INSERT INTO account VALUES (?, '王*明', 1, 0, 1, ?, 1, ?)", count: accounts
    ) { index in
      let last = (salesPerAccount - 1) * accounts + index
      let included = last < records - tail ? last : last - accounts
      return [
        .integer(Int64(index + 1)), .integer(Int64(index + 1)),
        .integer(included < 0 ? 0 : sequence(included)),
      ]
    }
    try database.insert(
      "INSERT INTO tranche (account, purse, tranche, fen, last_day) VALUES (?, ?, 0, ?, NULL)",
      count: 2 * accounts
    ) { index in
      [
        .integer(Int64(index / 2 + 1)), .integer(Int64(index % 2 + 1)),
        .integer(BenchFeed.balance),
      ]
    }
    try database.insert(
      "INSERT INTO credential (kind, value, account) VALUES (?, ?, ?)", count: accounts
    ) { index in
      let card = BenchFeed.card(Int64(index + 1))
      return [
        .integer(Int64(card.kind.rawValue)), .blob(card.value), .integer(Int64(index + 1)),
      ]
    }
  }

  /// The records with their chain, and the state at its end.
  private func fillRecords(_ database: borrowing RawDatabase) throws {
    guard let opened = try database.rows("SELECT head FROM terminal_state").first?.first?.blob,
      var head = Digest32(opened)
    else { throw LaboratoryError.broken("the new ledger has no head") }
    try database.insert(
      "INSERT INTO record (epoch, sequence, wall_ms, bytes, head) VALUES (1, ?, ?, ?, ?)",
      count: records
    ) { index in
      let record = try record(index)
      let bytes = try RecordCodec.encode(record)
      head = Chain.head(
        after: head, record: bytes, terminal: BenchFeed.terminal,
        position: JournalPosition(
          epoch: Epoch(1), sequence: SequenceNumber(UInt64(sequence(index)))))
      return [
        .integer(sequence(index)), .integer(record.time.wallMilliseconds), .blob(bytes),
        .blob(head.bytes),
      ]
    }
    try database.execute(
      "UPDATE terminal_state SET sequence = \(sequence(records - 1)), head = x'\(head)'")
  }

  /// The rows beside the records, in the order of their keys: account, then time.
  private func fillSales(_ database: borrowing RawDatabase) throws {
    try database.insert(
      """
      INSERT INTO sale (account, epoch, sequence, purse, tranche, fen, boot_ms)
      VALUES (?, 1, ?, ?, 0, ?, ?)
      """, count: records
    ) { place in
      let index = place % salesPerAccount * accounts + place / salesPerAccount
      return [
        .integer(Int64(place / salesPerAccount + 1)), .integer(sequence(index)),
        .integer(Purse.subsidy.number), .integer(BenchFeed.price), .integer(time(index).boot),
      ]
    }
    try database.insert(
      """
      INSERT INTO meal_counter
        (account, day, period, sales, guests, fen, alone, alone_fen, market_fen)
      VALUES (?, ?, ?, 1, 0, ?, 1, ?, 0)
      """, count: records
    ) { place in
      let index = place % salesPerAccount * accounts + place / salesPerAccount
      return [
        .integer(Int64(place / salesPerAccount + 1)), .integer(Int64(day(index))),
        .integer(Int64(BenchFeed.mealPeriod)), .integer(BenchFeed.price),
        .integer(BenchFeed.price),
      ]
    }
  }

  /// Says that the centre has everything but the last day's sales, and that every sale was shown, also
  /// those of a run that was ended.
  private func acknowledge() throws -> Int64 {
    let database = try RawDatabase(path: path)
    let last = try database.rows(
      "SELECT sequence, wall_ms FROM record ORDER BY epoch DESC, sequence DESC LIMIT 1")
    guard let end = last.first?[0].integer, let wall = last.first?[1].integer else {
      throw LaboratoryError.broken("the large store has no records")
    }
    try database.execute(
      """
      UPDATE terminal_state SET acked_epoch = 1, acked_sequence = \(end - Int64(tail)),
        acked_head = (SELECT head FROM record
          WHERE epoch = 1 AND sequence = \(end - Int64(tail))),
        unsettled_fen = \(Int64(tail) * BenchFeed.price), is_open = 0
      """)
    let noons = (wall - BenchFeed.noon) / BenchFeed.dayMilliseconds
    return BenchFeed.noon + max(0, noons + 1) * BenchFeed.dayMilliseconds
  }

  /// Behind the record that opened the epoch.
  private func sequence(_ index: Int) -> Int64 { Int64(index + 2) }

  private func time(_ index: Int) -> (wall: Int64, boot: Int64) {
    let days = Int64(index / salesPerDay)
    let within = Int64(index % salesPerDay) * 3000
    return (
      firstWall + days * BenchFeed.dayMilliseconds + within,
      days * BenchFeed.dayMilliseconds + within
    )
  }

  private func day(_ index: Int) -> Int32 {
    Int32((time(index).wall / 60_000 + Int64(BenchFeed.utcOffsetMinutes)) / 1440)
  }

  private func record(_ index: Int) throws -> JournalRecord {
    let time = time(index)
    return JournalRecord(
      time: RecordTime(wallMilliseconds: time.wall, bootMilliseconds: time.boot, isTrusted: true),
      body: .sale(
        try SaleRecord(
          account: AccountID(Int64(index % accounts + 1)), lane: LaneID(1), medium: .card,
          mode: .fixedPrice, slot: MealKey(day: day(index), period: BenchFeed.mealPeriod),
          spends: [Spend(purse: .subsidy, tranche: .none, amount: Fen(BenchFeed.price))],
          place: .alone, rulebookVersion: 1)))
  }
}
