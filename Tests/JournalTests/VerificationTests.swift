import CanteenModel
import GRDB
import SyncProtocol
import Synchronization
import TerminalCore
import Testing

@testable import Journal

/// What a verification finds, and what it does not mind.
@Suite(.timeLimit(.minutes(3))) struct VerificationTests {
  private static func open() async throws -> (JournalFixture, Journal) {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([
      JournalFixture.account(1, subsidy: 9000), JournalFixture.account(2, subsidy: 9000),
    ])
    _ = try await journal.authorise(JournalFixture.request(1))
    return (fixture, journal)
  }

  @Test("tables that this version does not define are found")
  func definitions() async throws {
    let (_, journal) = try await Self.open()
    try journal.connection.inDatabase { try $0.execute(sql: "CREATE TABLE stray (a INTEGER)") }
    #expect(
      try await journal.verify().findings == ["table definitions are not those of this version"])
    try journal.close()
  }

  @Test("what SQLite finds in a table is told with the table's name")
  func table() async throws {
    let (fixture, journal) = try await Self.open()
    try journal.connection.inDatabase { db in
      try db.execute(
        sql: """
          PRAGMA writable_schema = ON;
          UPDATE sqlite_schema SET sql = replace(sql, 'name TEXT NOT NULL', 'name TEXT')
          WHERE name = 'item'
          """)
    }
    try journal.close()
    let queue = try DatabaseQueue(path: fixture.path)
    try queue.inDatabase { db in
      try db.execute(
        sql: """
          INSERT INTO item (code, category, price_fen, version) VALUES (1, 1, 1, 1);
          PRAGMA writable_schema = ON;
          UPDATE sqlite_schema SET sql = replace(sql, 'name TEXT', 'name TEXT NOT NULL')
          WHERE name = 'item'
          """)
    }
    try queue.close()
    let again = try fixture.open()
    #expect(
      try await again.verify().findings == ["table item: NULL value in item.name"])
    try again.close()
  }

  @Test("the list of tables is checked itself")
  func listOfTables() async throws {
    let (_, journal) = try await Self.open()
    let checks = Mutex(0)
    StatementWatch.onBegin(of: "integrity_check(\"sqlite_schema\")", in: journal) {
      checks.withLock { $0 += 1 }
    }
    #expect(try await journal.verify().findings.isEmpty)
    #expect(checks.withLock { $0 } == 1)
    try journal.close()
  }

  @Test("nothing is removed while a verification reads, and again when it is over")
  func pruningMeanwhile() async throws {
    let (fixture, journal) = try await Self.open()
    let batch = try await journal.nextBatch(limit: 500, challenge: .random())
    try await journal.store(SyncTests.ack(batch.facts, head: batch.facts.head))
    fixture.advance(seconds: 400 * 86_400)
    let reading = Mutex<[Int]>([])
    StatementWatch.onBegin(of: "tranche, fen, boot_ms FROM sale", in: journal) {
      reading.withLock { $0.append(journal.verifications.withLock { $0 }) }
    }
    async let first = journal.verify()
    async let second = journal.verify()
    #expect(try await [first, second].allSatisfy(\.findings.isEmpty))
    #expect(reading.withLock { $0.count } >= 2)
    #expect(reading.withLock { $0.allSatisfy { (1...2).contains($0) } })
    #expect(journal.verifications.withLock { $0 } == 0)
    #expect(try await journal.prune())
    journal.verifications.withLock { $0 = 1 }
    #expect(try await !journal.prune())
    try journal.close()
  }

  @Test("rows are compared whole, however many slices they are read in")
  func manyRows() async throws {
    let (fixture, journal) = try await Self.open()
    let clock = fixture.configuration().readClock
    try await journal.write { db, draft in
      for number in 0..<1300 {
        let time = draft.clock.stamp(clock())
        // Two rows for each sale but one, so that a slice ends between the rows of a sale.
        let spends = [
          Spend(purse: .subsidy, tranche: .none, amount: Fen(10)),
          Spend(purse: .subsidy, tranche: TrancheID(7), amount: Fen(5)),
        ]
        let sale = try SaleRecord(
          account: AccountID(Int64(2 + number / 650)), lane: LaneID(1), medium: .card,
          mode: .keyedAmount,
          slot: MealKey(day: Int32(1 + number / 2), period: UInt8(number % 2)),
          spends: number == 0 ? [spends[0]] : spends, place: .alone, rulebookVersion: 1)
        let place = try journal.append(JournalRecord(time: time, body: .sale(sale)), &draft, db)
        try SaleRows.insert(sale, at: place, time, db)
      }
    }
    #expect(try await journal.verify() == VerificationReport(records: 1302, findings: []))
    let wrong = [
      ("sale", "the sale rows are not those of the records"),
      ("meal_counter", "the meal counters are not those of the records"),
    ]
    for (table, finding) in wrong {
      try await journal.write { db, _ in
        try db.execute(
          sql: """
            UPDATE \(table) SET fen = fen + 1
            WHERE account = 3 AND fen = (SELECT max(fen) FROM \(table) WHERE account = 3)
            """)
      }
      #expect(try await journal.verify().findings.contains(finding))
    }
    try journal.close()
  }

  @Test("a counter of a day that is no longer counted is nobody's")
  func oldCounter() async throws {
    let (_, journal) = try await Self.open()
    journal.state.withLock { $0.pruned.countedFromDay = 20_780 }
    try journal.connection.inDatabase { db in
      try db.execute(sql: "INSERT INTO meal_counter VALUES (1, 20779, 2, 1, 0, 1500, 1, 1500, 0)")
    }
    #expect(try await journal.verify().findings.isEmpty)
    try journal.connection.inDatabase { db in
      try db.execute(sql: "INSERT INTO meal_counter VALUES (2, 20780, 2, 1, 0, 1500, 1, 1500, 0)")
    }
    #expect(
      try await journal.verify().findings == [
        "the meal counters are not those of the records"
      ])
    journal.state.withLock { $0.pruned.countedFromDay = 20_781 }
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test("an amount that is asked for while a verification runs is no finding")
  func askedMeanwhile() async throws {
    let (_, journal) = try await Self.open()
    let rulebook = Rulebook(
      version: 2, legalBasis: "测试〔2026〕1号", utcOffsetMinutes: 480,
      mealPeriods: JournalFixture.rulebook.mealPeriods, spendOrder: [.subsidy, .personal],
      singleLimit: Fen(10_000), salesPerMeal: 100, repeatGuardSeconds: 60,
      offline: OfflineCaps(
        home: Fen(2_500), alone: Fen(2_500), approvals: 2, serialTrust: .medium))
    try await journal.apply(JournalFixture.page([], from: 1, to: 2, rulebook: rulebook))
    let asking = AskedOnce()
    StatementWatch.onBegin(of: "tranche, fen, boot_ms FROM sale", in: journal) {
      asking.start(journal)
    }
    #expect(try await journal.verify().findings.isEmpty)
    guard case .asks = try await asking.step() else {
      Issue.record("not asked")
      return
    }
    #expect(journal.state.withLock { $0.openHolds } == 1)
    try journal.close()
  }
}

/// Asks the centre for a dear meal, once, from another task.
private final class AskedOnce: Sendable {
  private let task = Mutex<Task<SaleStep, any Error>?>(nil)

  /// Returns when the request is in the waiting room.
  func start(_ journal: Journal) {
    let isNew = task.withLock { task in
      guard task == nil else { return false }
      task = Task {
        try await journal.authoriseOrAsk(JournalFixture.request(2, price: .keyed(Fen(6000))))
      }
      return true
    }
    if isNew { StatementWatch.wait { journal.isDraining } }
  }

  func step() async throws -> SaleStep? { try await task.withLock { $0 }?.value }
}
