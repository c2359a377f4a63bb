import CanteenModel
import Foundation
import SQLStore
import SettlementCore
import SettlementStore
import SyncProtocol

/// A quarter's settlement of a city, beside the bare sum of the same records by terminal and day on the same database.
///
/// The records are written by SQL as an intake leaves them, without legs and with bytes that nobody reads here: what is
/// measured is what the settlement reads. One in a hundred is a correction of the sale before it.
struct QuarterBenchmark {
  /// Where the books go: on the disk that is measured.
  let directory: String
  /// A multiple of ``terminals`` times ``slice``.
  let records: Int

  static let rounds = 3
  static let terminals = 100
  /// How many records of a terminal follow one another, as in a full batch.
  static let slice = 500
  private static let canteens = 20
  private static let quarter = Quarter(of: day(2026, 10, 1))
  private static let afterwards = Int64(day(2027, 1, 5)) * 86_400_000

  struct Result {
    var settled: [Double] = []
    var summed: [Double] = []
    /// The most that the process had in memory while it settled.
    var mebibytes = 0.0

    var figures: [BenchFigure] {
      [
        BenchFigure(.quarterVsSql, ratio: settled, summed),
        BenchFigure(.quarterS, BenchFigure.median(settled)),
        BenchFigure(.quarterMib, mebibytes),
      ]
    }
  }

  func run() async throws -> Result {
    try? FileManager.default.removeItem(atPath: directory)  // what a run left that was ended
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }  // it is scratch
    let store = StoreLocation.file(path: directory + "/books.sqlite")
    try await prepare(store)
    try fill(store)
    var result = Result()
    for _ in 0..<Self.rounds {
      let (sum, seconds) = try sum(store)
      result.summed.append(seconds)
      try Self.forgetMemory()
      result.settled.append(try await settle(store, expecting: sum))
      result.mebibytes = max(result.mebibytes, BenchCentre.mostMemory(of: getpid()))
    }
    return result
  }

  private static func books(_ store: StoreLocation) throws -> Books {
    try Books(Books.Configuration(store: store, key: SigningKey(), now: { afterwards }))
  }

  /// Terminals in canteens, and who runs those.
  private func prepare(_ store: StoreLocation) async throws {
    let books = try Self.books(store)
    for number in 1...Self.terminals {
      try await books.add(
        TerminalEntry(
          number: UInt32(number), name: "\(number)号",
          publicKey: Hexadecimal.text(SigningKey().publicKey.rawBytes), pullURL: nil,
          canteen: UInt32(number % Self.canteens) + 1))
    }
    try books.close()
    let policy = ProgrammePolicy(version: 1, legalBasis: "测试〔2026〕1号", effectiveFromDay: 0)
    let document = String(decoding: try JSONEncoder().encode(policy), as: UTF8.self)
    try on(store) { db in
      try db.script(
        """
        INSERT INTO region (number, name, level, parent) VALUES (1, '市', 'city', NULL);
        INSERT INTO unit (number, name, region, bank_account) VALUES (1, '机关', 1, NULL);
        INSERT INTO caterer (number, name, bank_account) VALUES (1, '餐饮', '6222');
        """)
      for number in 1...Self.canteens {
        try db.script(
          """
          INSERT INTO canteen (number, name, unit, place, contact, phone)
            VALUES (\(number), '\(number)食堂', 1, '', '', '');
          INSERT INTO canteen_term (canteen, from_day, mode, caterer, contract)
            VALUES (\(number), 0, 'contracted', 1, '');
          """)
      }
      try db.execute(
        """
        INSERT INTO policy (version, effective_from_day, document, proposed_by, approved_by, approved_ms)
        VALUES (1, 0, ?, 'zhao', 'qian', 0)
        """, [document])
    }
  }

  private func fill(_ store: StoreLocation) throws {
    let (first, days) = (Int64(Self.quarter.firstDay), Int64(92))
    try on(store) { db in
      let perSlice = Self.terminals * Self.slice
      for slice in 0..<records / perSlice {
        let day = first + Int64(slice) * days / Int64(max(1, records / perSlice))
        try db.begin(.writing)
        try db.execute(
          """
          WITH RECURSIVE place (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM place WHERE n + 1 < \(perSlice)),
            made AS (SELECT n / \(Self.slice) + 1 AS terminal, \(slice * Self.slice) + n % \(Self.slice) + 1 AS sequence,
              n % 100 = 99 AS corrects FROM place)
          INSERT INTO record (terminal, id, epoch, sequence, accepted, intake, bytes, wall_ms, kind, account,
            seller, subsidy_fen, personal_fen, standing)
          SELECT terminal, CAST(printf('%08d%08d%016d', sequence * 7919 % 100000000, terminal, sequence) AS BLOB), 1,
            sequence, 1, \(slice + 1), zeroblob(96), \(day * 86_400_000 + 4 * 3_600_000) + sequence,
            CASE WHEN corrects THEN 'correction' ELSE 'sale' END, sequence % 10000 + 1, terminal,
            CASE WHEN corrects THEN -100 ELSE 1500 END, 0, 'posted' FROM made
          """)
        try db.execute(
          """
          INSERT INTO correction (seller, original, terminal, id)
          SELECT later.terminal, sale.id, later.terminal, later.id FROM terminal
          JOIN record AS later ON later.terminal = terminal.number AND later.epoch = 1
            AND later.sequence > \(slice * Self.slice) AND later.kind = 'correction'
          JOIN record AS sale ON sale.terminal = later.terminal AND sale.epoch = 1
            AND sale.sequence = later.sequence - 1
          """)
        try db.commit()
        // A log of gigabytes would be what is measured.
        _ = try db.checkpoint(above: 0)
      }
      try db.execute("UPDATE terminal SET last_intake = \(records)")
    }
  }

  /// What anybody would ask who only wants the sums.
  private func sum(_ store: StoreLocation) throws -> (sum: Int64, seconds: Double) {
    let before = ContinuousClock.now
    var sum: Int64 = 0
    try on(store) { db in
      let rows = try db.rows(
        """
        SELECT terminal, (wall_ms + 28800000) / 86400000 AS day, COUNT(*) AS records,
          SUM(subsidy_fen) AS subsidy, SUM(personal_fen) AS personal
        FROM record WHERE standing = 'posted' AND wall_ms >= ? AND wall_ms < ?
        GROUP BY terminal, day
        """,
        [
          Int64(Self.quarter.firstDay) * 86_400_000 - 28_800_000,
          Int64(Self.quarter.next.firstDay) * 86_400_000 - 28_800_000,
        ])
      sum = rows.reduce(0) { $0 + ($1["subsidy"] as Int64? ?? 0) }
    }
    return (sum, (ContinuousClock.now - before) / .seconds(1))
  }

  /// Closes the quarter, where it is not, and makes every statement.
  ///
  /// - Returns: Seconds.
  private func settle(_ store: StoreLocation, expecting sum: Int64) async throws -> Double {
    let books = try Self.books(store)
    guard let people = TwoPeople(proposer: "zhao", approver: "qian") else {
      throw LaboratoryError.broken("two people are one")
    }
    let before = ContinuousClock.now
    _ = try await books.close(Self.quarter, by: people)
    let drafts = try await books.draftStatements(of: Self.quarter)
    let seconds = (ContinuousClock.now - before) / .seconds(1)
    let settled = try drafts.reduce(Fen.zero) { try $0 + $1.consumption }
    try books.close()
    guard settled.value == sum, drafts.count == Self.canteens else {
      throw LaboratoryError.broken("the statements are of \(settled), the records of \(Fen(sum))")
    }
    return seconds
  }

  private func on(_ store: StoreLocation, _ body: (any Database) throws -> Void) throws {
    let store = try store.open(label: "quarter benchmark")
    try store.runAndWait(body)
    try store.close()
  }

  /// Source: proc(5), clear_refs: 5 resets the peak.
  private static func forgetMemory() throws {
    try Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
  }

  private static func day(_ year: Int, _ month: Int, _ dayOfMonth: Int) -> Int32 {
    CivilDate(year: year, month: month, dayOfMonth: dayOfMonth)?.day ?? 0
  }
}

/// The quarter's part of `make bench`.
package struct QuarterBench: Sendable {
  private let folder: String
  private let records: Int

  /// - Parameters:
  ///   - folder: That of the compiled C programs; results go beside it.
  ///   - records: How many are settled. A multiple of 50,000.
  package init(folder: String, records: Int) {
    self.folder = folder
    self.records = records
  }

  /// Measures, and adds the figures to the file of all of them.
  package func run() async throws {
    let result = try await QuarterBenchmark(
      directory: folder + "/run/quarter", records: records
    ).run()
    let file = URL(filePath: folder).deletingLastPathComponent().appending(path: "bench.json")
    try BenchFigure.write(result.figures, to: file.path)
    for figure in result.figures { Console.say(figure.line) }
    Console.say("bench-quarter: ok \(records) records, \(QuarterBenchmark.rounds) rounds")
  }
}
