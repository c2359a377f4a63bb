import CanteenModel
import GRDB
import SyncProtocol
import Synchronization
import Testing

@testable import Journal

/// A ledger with a sale, acknowledged and included as a test wants it.
private struct PruningBench {
  let fixture: JournalFixture
  let journal: Journal

  /// - Parameters:
  ///   - sales: Lunches of account 1, five minutes apart.
  init(sales: Int = 2) async throws {
    fixture = try JournalFixture()
    journal = try fixture.open()
    try await journal.apply(
      JournalFixture.page(
        [JournalFixture.account(1, subsidy: 90_000)], from: 0, to: 1,
        rulebook: JournalFixture.rulebook(version: 1, salesPerMeal: 1000)))
    for _ in 0..<sales {
      _ = try await journal.authorise(JournalFixture.request(1, price: .keyed(Fen(100))))
      fixture.advance(seconds: 300)
    }
  }

  func acknowledge(limit: Int = 500) async throws {
    let batch = try await journal.nextBatch(limit: limit, challenge: .random())
    try await journal.store(SyncTests.ack(batch.facts, head: batch.facts.head))
  }

  /// The centre posted the sales up to a record and feeds what is left.
  func include(upTo sequence: UInt64, left: Int64, version: Int64 = 2) async throws {
    let account = JournalFixture.account(
      1, subsidy: left, version: version,
      includes: JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(sequence)))
    try await journal.apply(JournalFixture.page([account], from: version - 1, to: version))
  }

  /// What is left, in the order of the records.
  func sequences() throws -> [Int] {
    try journal.connection.inDatabase { db in
      try Int.fetchAll(db, sql: "SELECT sequence FROM record ORDER BY epoch, sequence")
    }
  }

  func rows(_ table: String) throws -> Int? {
    try journal.connection.inDatabase { db in
      try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table.quotedDatabaseIdentifier)")
    }
  }
}

@Suite struct PruningTests {
  static let day: Int64 = 86_400

  @Test("records that are acknowledged, included and old go, with their sales and counters")
  func prunes() async throws {
    let bench = try await PruningBench()
    try await bench.acknowledge()
    try await bench.include(upTo: 3, left: 89_800)
    bench.fixture.advance(seconds: 70 * Self.day)
    _ = try await bench.journal.authorise(JournalFixture.request(1, price: .keyed(Fen(100))))
    #expect(try await bench.journal.prune())
    #expect(try bench.sequences() == [4])
    #expect(try bench.rows("sale") == 1)
    #expect(try bench.rows("meal_counter") == 1)
    #expect(try await !bench.journal.prune())
    #expect(try await bench.journal.verify().findings.isEmpty)
    try bench.journal.close()
    let again = try bench.fixture.open()
    bench.fixture.advance(seconds: 300)
    let outcome = try await again.authorise(
      JournalFixture.request(1, price: .keyed(Fen(100))))
    #expect(outcome.diner?.available.subsidy == Fen(89_600))
    #expect(outcome.position.sequence == SequenceNumber(5))
    #expect(try await again.verify().findings.isEmpty)
    #expect(try await again.verify().records == 2)
    try again.close()
  }

  @Test("what is not acknowledged stays, however old it is")
  func notAcknowledged() async throws {
    let bench = try await PruningBench()
    try await bench.include(upTo: 3, left: 89_800)
    bench.fixture.advance(seconds: 400 * Self.day)
    #expect(try await !bench.journal.prune())
    #expect(try bench.sequences() == [1, 2, 3])
    try bench.journal.close()
  }

  @Test("a sale that the fed balance does not include stays, and keeps those behind it")
  func notIncluded() async throws {
    let bench = try await PruningBench(sales: 3)
    try await bench.acknowledge()
    bench.fixture.advance(seconds: 400 * Self.day)
    #expect(try await bench.journal.prune())
    #expect(try bench.sequences() == [2, 3, 4])
    try await bench.include(upTo: 2, left: 89_900)
    #expect(try await bench.journal.prune())
    #expect(try bench.sequences() == [3, 4])
    #expect(try bench.rows("sale") == 2)
    let shown = try await bench.journal.authorise(
      JournalFixture.request(1, price: .keyed(Fen(1)), mayCharge: false))
    #expect(shown.diner?.available.subsidy == Fen(89_700))
    try bench.journal.close()
  }

  /// Sold on 2026-11-23. November counts for the supermarket's cap as long as it lasts.
  @Test(
    "a record stays for the retention time, and as long as its month is counted",
    arguments: [(30, 0, 3), (31, 0, 1), (3, 2, 2), (7, 2, 2), (8, 2, 1)])
  func age(daysLater: Int64, retentionDays: Int64, left: Int) async throws {
    let bench = try await PruningBench()
    try await bench.acknowledge()
    try await bench.include(upTo: 3, left: 89_800)
    try bench.journal.close()
    let journal = try Journal(
      bench.fixture.configuration(
        retentionMilliseconds: retentionDays == 0
          ? Journal.Configuration.standardRetention : retentionDays * Self.day * 1000))
    bench.fixture.advance(seconds: daysLater * Self.day - 600)
    _ = try await journal.prune()
    let sequences = try await journal.newest(10).count
    #expect(sequences == left)
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test("the last record stays, because it says what time it is")
  func lastStays() async throws {
    let bench = try await PruningBench()
    try await bench.acknowledge()
    try await bench.include(upTo: 3, left: 89_800)
    bench.fixture.advance(seconds: 400 * Self.day)
    while try await bench.journal.prune() {}
    #expect(try bench.sequences() == [3])
    try bench.journal.close()
  }

  @Test("an ack that names a place whose records were removed finds no head of ours to agree with")
  func staleAck() async throws {
    let bench = try await PruningBench()
    try await bench.acknowledge()
    try await bench.include(upTo: 3, left: 89_800)
    bench.fixture.advance(seconds: 400 * Self.day)
    let second = JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(2))
    let head = try await bench.journal.head(at: second)
    _ = try await bench.journal.prune()
    #expect(try await bench.journal.head(at: second) == head)
    for sequence in [UInt64(0), 1] {
      let place = JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(sequence))
      #expect(try await bench.journal.head(at: place) == nil)
    }
    try bench.journal.close()
  }

  @Test("a slice is small, so that a card never waits for many of them")
  func slices() async throws {
    let bench = try await PruningBench(sales: 70)
    try await bench.acknowledge()
    try await bench.include(upTo: 71, left: 83_000)
    bench.fixture.advance(seconds: 400 * Self.day)
    var left: [Int] = []
    while try await bench.journal.prune() { left.append(try bench.sequences().count) }
    #expect(left == [39, 7, 1])
    try bench.journal.close()
  }

  @Test("nothing is idle while a card was presented in the last two seconds")
  func idle() async throws {
    let bench = try await PruningBench(sales: 0)
    #expect(bench.journal.isIdle)
    _ = try await bench.journal.authorise(JournalFixture.request(1))
    // The group is answered before it is over; behind this it is.
    _ = try await bench.journal.newest(1)
    bench.fixture.clock.withLock { $0.boot += 1999 }
    #expect(!bench.journal.isIdle)
    bench.fixture.clock.withLock { $0.boot += 1 }
    #expect(bench.journal.isIdle)
    try bench.journal.close()
    #expect(!bench.journal.isIdle)
  }

  @Test(
    "a ledger whose removed part was tampered with is refused or found",
    arguments: [
      "UPDATE pruned SET sequence = 1",
      "UPDATE pruned SET head = zeroblob(32)",
      "UPDATE pruned SET epoch = 2",
      "UPDATE pruned SET counted_from_day = 0", "DELETE FROM pruned",
      "UPDATE terminal_state SET acked_sequence = 0",
    ])
  func tampering(sql: String) async throws {
    let bench = try await PruningBench(sales: 3)
    try await bench.acknowledge()
    try await bench.include(upTo: 3, left: 89_800)
    bench.fixture.advance(seconds: 400 * Self.day)
    _ = try await bench.journal.prune()
    try bench.journal.close()
    let queue = try DatabaseQueue(path: bench.fixture.path)
    try queue.inDatabase { db in try db.execute(sql: sql) }
    try queue.close()
    let journal: Journal
    do {
      journal = try bench.fixture.open()
    } catch {
      return
    }
    #expect(try await !journal.verify().findings.isEmpty)
    try journal.close()
  }
}
