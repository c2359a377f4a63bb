import CanteenModel
import Foundation
import GRDB
import LedgerDisk
import SyncProtocol
import Synchronization
import TerminalCore
import Testing

@testable import Journal

/// Both sides of the journal's limits, and what a request that fails leaves behind.
@Suite struct LedgerLimitTests {
  private static let clerk = OperatorIdentity(userID: 1000, name: "liu")
  private static let keyed = JournalFixture.request(1, price: .keyed(Fen(800)))

  private static func open() async throws -> (JournalFixture, Journal) {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([
      JournalFixture.account(1, subsidy: 9000), JournalFixture.account(2, subsidy: 9000),
    ])
    return (fixture, journal)
  }

  private static func acknowledge(_ journal: Journal) async throws {
    let batch = try await journal.nextBatch(limit: 500, challenge: .random())
    try await journal.store(SyncTests.ack(batch.facts, head: batch.facts.head))
  }

  @Test("the figures that operators and the centre rely on")
  func figures() {
    #expect(Journal.Configuration.standardRetention == 2_592_000_000)
    #expect(Journal.defaultUTCOffsetMinutes == 480)
    #expect(LedgerState.comingLimit == 16)
    #expect(HoldRows.leaseLimit == 4096)
    #expect(WaitingRoom.groupLimit == 64)
  }

  @Test(
    "a lease is asked for only while there is room for one",
    arguments: [(4095, true), (4096, false)])
  func leases(open: Int, canLease: Bool) {
    #expect(CentreWord.askable.reach(openHolds: open) == .askable(canLease: canLease))
  }

  @Test("a request that fails after its record was written leaves no trace of it")
  func leavesNoTrace() async throws {
    let (_, journal) = try await Self.open()
    let before = try await journal.standing()
    try await journal.read { db in
      try db.execute(sql: "INSERT INTO sale VALUES (1, 1, 2, 1, 0, 1, 0)")
    }
    await #expect {
      try await journal.authorise(JournalFixture.request(1))
    } throws: { error in
      if case JournalError.requestFailed = error { true } else { false }
    }
    #expect(!journal.isStopped)
    #expect(try await journal.standing().position == before.position)
    try await journal.read { db in try db.execute(sql: "DELETE FROM sale") }
    let next = try await journal.authorise(JournalFixture.request(2))
    #expect(next.position.sequence == SequenceNumber(2))
    #expect(
      try await journal.verify() == VerificationReport(records: 2, findings: []))
    #expect(try await journal.standing().today.approved == 1)
    try journal.close()
  }

  @Test("the oldest record that waits is the first one behind the ack")
  func waitsSince() async throws {
    let (fixture, journal) = try await Self.open()
    try await Self.acknowledge(journal)
    #expect(journal.state.withLock { $0.backlog } == .none)
    for seconds in [100, 200] as [Int64] {
      fixture.advance(seconds: seconds)
      _ = try await journal.authorise(JournalFixture.request(1, price: .keyed(Fen(1))))
    }
    let first = try #require(try await journal.newest(2).last)
    let backlog = journal.state.withLock { $0.backlog }
    #expect(backlog.records == 2)
    #expect(backlog.sinceWallMilliseconds == first.record.time.wallMilliseconds)
    try journal.close()
  }

  @Test("a diner is told how many meals were had, and only sales count")
  func mealsShown() async throws {
    let (_, journal) = try await Self.open()
    let look = JournalFixture.request(1, mayCharge: false)
    #expect(try await journal.authorise(look).diner?.salesThisMeal == 0)
    #expect(try await journal.authorise(JournalFixture.request(1)).diner?.salesThisMeal == 1)
    let again = try await journal.authorise(JournalFixture.request(1))
    #expect(again.isShownAgain)
    #expect(again.diner?.salesThisMeal == 1)
    try journal.close()
  }

  @Test("an account is read as it was fed: its category and its canteen, or none")
  func accountColumns() async throws {
    let (_, journal) = try await Self.open()
    for canteen in [nil, CanteenID(1), CanteenID(9)] {
      let version = Int64(canteen?.number ?? 0) + 2
      let account = AccountSnapshot(
        account: AccountID(1), maskedName: "李*", status: .active, category: DinerCategory(4),
        homeCanteen: canteen, tranches: [], version: version, includes: nil,
        credentials: [JournalFixture.card(1)])
      let cursor = journal.feedCursor.version
      try await journal.apply(JournalFixture.page([account], from: cursor, to: version))
      let state = journal.state.withLock { $0 }
      let view = try await journal.read { db in
        try AccountView.read(
          db, behind: 0, limit: 1, slot: MealKey(day: 1, period: 2), on: 1, state,
          JournalFixture.rulebook)
      }.first
      #expect(view?.account == AccountID(1))
      #expect(view?.category == DinerCategory(4))
      #expect(view?.homeCanteen == canteen)
      #expect(view?.maskedName == "李*")
    }
    try journal.close()
  }

  @Test("a sale that two holds paid to the last fen leaves none of them")
  func usedUp() async throws {
    let (_, journal) = try await Self.open()
    let used = try await journal.write { db, _ in
      var spends: [HoldSpend] = []
      for amount in [100, 200] as [Int64] {
        let request = HoldRequest(
          terminal: TerminalID(3), id: HoldID(.random()), account: AccountID(1),
          asked: Fen(amount), least: Fen(amount), ownSales: [], echoedNonce: nil,
          challenge: .random())
        try HoldRows.insert(request, isLease: true, db)
        try HoldRows.grant(Fen(amount), to: request.id, db)
        spends.append(HoldSpend(hold: request.id, amount: Fen(amount)))
      }
      #expect(try HoldRows.rests(of: AccountID(1), db) == spends)
      return try HoldRows.spend(spends, db)
    }
    #expect(used == 2)
    #expect(try await journal.read { try HoldRows.count($0) } == 0)
    try journal.close()
  }

  @Test("a sale whose light failed is shown no more when it was voided")
  func voidedUnlit() async throws {
    let (_, journal) = try await Self.open()
    let sale = try await journal.authorise(Self.keyed)
    try await journal.markUnlit(sale.position)
    _ = try await journal.correct(
      CorrectionRequest(
        kind: .refund, original: sale.position, amount: Fen(1), by: Self.clerk, note: ""))
    #expect(journal.state.withLock { $0.unlit.isEmpty })
    let again = try await journal.authorise(Self.keyed)
    #expect(again.isApproved)
    try journal.close()
  }

  @Test("of a lane's sales only the last may be unlit after a crash")
  func lastOfLane() async throws {
    let (fixture, first) = try await Self.open()
    _ = try await first.authorise(Self.keyed)
    let other = JournalFixture.request(2, price: .keyed(Fen(900)))
    _ = try await first.authorise(other)
    try fixture.crash(first)
    let journal = try fixture.open()
    #expect(try await journal.authorise(Self.keyed).isApproved)
    #expect(try await journal.authorise(other).isShownAgain)
    try journal.close()
  }

  @Test(
    "an unlit sale is looked for among the last 64 records, readable or not",
    arguments: [(63, 0, true), (64, 0, false), (63, 1, true), (64, 1, false)])
  func search(others: Int, unreadable: Int, isShown: Bool) async throws {
    let (fixture, crashed) = try await Self.open()
    let request = JournalFixture.request(1, lane: 9, price: .keyed(Fen(800)))
    _ = try await crashed.authorise(request)
    for number in 0..<others {
      // Two lanes in turn: equal refusals would be folded.
      let lane = UInt16(1 + number % 2)
      _ = try await crashed.authorise(JournalFixture.request(99, lane: lane))
    }
    try await Self.acknowledge(crashed)
    try await crashed.read { db in
      try db.execute(
        sql: "UPDATE record SET bytes = x'FFFFFF' WHERE sequence > 4 AND sequence <= ?",
        arguments: [4 + unreadable])
    }
    try fixture.crash(crashed)
    let journal = try fixture.open()
    #expect(try await journal.authorise(request).isShownAgain == isShown)
    try journal.close()
  }

  @Test("the age of a sale of an earlier boot is not reckoned by the new boot's clock")
  func otherBoot() async throws {
    let fixture = try JournalFixture()
    fixture.clock.withLock { $0.boot = 1000 }
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    _ = try await journal.authorise(Self.keyed)
    try fixture.crash(journal)
    fixture.boot(afterSeconds: 3600)
    fixture.clock.withLock { $0.boot = 3_000_000 }
    journal = try fixture.open()
    #expect(try await journal.authorise(Self.keyed).isShownAgain)
    try journal.close()
  }

  @Test(
    "record time goes on by the boot clock where the wall clock fell back, within a boot only",
    arguments: [false, true])
  func fallenClock(isNewBoot: Bool) async throws {
    let (fixture, first) = try await Self.open()
    let before = try await first.authorise(JournalFixture.request(1)).position
    let time = try #require(try await first.newest(1).first).record.time.wallMilliseconds
    try first.close()
    let boot = fixture.clock.withLock { $0.boot }
    if isNewBoot { fixture.boot(afterSeconds: 0) }
    fixture.clock.withLock { clock in
      clock.wall -= 3_600_000
      clock.boot = boot + 50_000
    }
    let journal = try fixture.open()
    let next = try await journal.authorise(JournalFixture.request(2)).position
    #expect(next.sequence == before.sequence.next)
    let later = try #require(try await journal.newest(1).first).record.time.wallMilliseconds
    #expect(later - time == (isNewBoot ? 1 : 50_000))
    try journal.close()
  }

  @Test("what was sold today is known after a restart")
  func today() async throws {
    let (fixture, first) = try await Self.open()
    _ = try await first.authorise(JournalFixture.request(1))
    try first.close()
    fixture.advance(seconds: 3600)
    let journal = try fixture.open()
    #expect(try await journal.standing().today.approved == 1)
    #expect(try await journal.standing().today.approvedFen == 1500)
    try journal.close()
  }

  @Test("the free space is looked at with every 64th record, and no ballast is made meanwhile")
  func looks() async throws {
    let fixture = try JournalFixture()
    let looks = Mutex(0)
    let limits = StoreLimits(
      ballast: 1000,
      readSpace: { _ in
        looks.withLock { $0 += 1 }
        return DiskSpace(free: 1 << 30, total: 1 << 30)
      })
    let journal = try Journal(fixture.configuration(storeLimits: limits))
    try await journal.apply(
      JournalFixture.page([], from: 0, to: 1, rulebook: JournalFixture.rulebook))
    let before = looks.withLock { $0 }
    for sequence in 2...130 {
      _ = try await journal.authorise(
        JournalFixture.request(9, lane: UInt16(sequence % 2)))
      // The look comes after the answer, on the connection's queue.
      if [63, 64, 127, 128, 130].contains(sequence) { _ = try await journal.newest(1) }
      #expect(sequence % 64 == 0 || looks.withLock { $0 } - before <= sequence / 64)
    }
    #expect(looks.withLock { $0 } - before == 2)
    #expect(!FileManager.default.fileExists(atPath: fixture.path + ".ballast"))
    try journal.close()
  }

  @Test("a closed day names the place up to where records were removed, and counts from there")
  func closeBehindRemoved() async throws {
    let (fixture, journal) = try await Self.open()
    let sale = try await journal.authorise(JournalFixture.request(1))
    try await Self.acknowledge(journal)
    try await journal.apply(
      JournalFixture.page(
        [JournalFixture.account(1, subsidy: 7500, version: 2, includes: sale.position)],
        from: 1, to: 2))
    fixture.advance(seconds: 70 * 86_400)
    #expect(try await journal.prune())
    let next = try await journal.authorise(JournalFixture.request(2))
    let removed = journal.state.withLock { $0.pruned.position }
    #expect(removed.sequence != .none)
    let day = try await journal.closeDay(by: Self.clerk)
    #expect(day.closed.behind == removed)
    #expect(day.position.sequence == next.position.sequence.next)
    try journal.close()
  }

  @Test(
    "records before the ack are kept as long as some limit may count them: 32 days",
    arguments: [(-1, 3), (0, 2)] as [(Int64, Int)])
  func countedDays(more: Int64, records: Int) async throws {
    let (fixture, first) = try await Self.open()
    _ = try await first.authorise(JournalFixture.request(1))
    let old = try #require(try await first.newest(1).first).record.time.wallMilliseconds
    fixture.clock.withLock { clock in
      clock.wall = old + 32 * 86_400_000 + more
      clock.boot += 32 * 86_400_000
    }
    _ = try await first.authorise(JournalFixture.request(2))
    #expect(
      try await first.newest(1).first?.record.time.wallMilliseconds == old + 32 * 86_400_000 + more)
    try await Self.acknowledge(first)
    try first.close()
    try SalvageTests.tamper(fixture, DamagedLedgerTests.wrongHead)
    let (journal, _) = try Journal.openOrSalvage(fixture.configuration())
    #expect(
      try await journal.verify() == VerificationReport(records: records, findings: []))
    try journal.close()
  }
}
