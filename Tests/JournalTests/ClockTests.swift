import CanteenModel
import SyncProtocol
import Synchronization
import Testing

@testable import Journal

@Suite struct ClockTests {
  @Test("a wall clock that stands still or fell back gives nobody a free meal")
  func clockStandsStill() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let first = try await journal.authorise(JournalFixture.request(1))
    fixture.clock.withLock { clock in
      clock.wall -= 600_000
      clock.boot += 59_000
    }
    #expect(try await journal.authorise(JournalFixture.request(1)).position == first.position)
    fixture.clock.withLock { $0.boot += 1_000 }
    #expect(try await journal.authorise(JournalFixture.request(1)).isApproved)
    try journal.close()
  }

  @Test("the day is that of the rulebook's time zone, over a restart too")
  func timeZone() async throws {
    let fixture = try JournalFixture(now: JournalFixture.noon + 11 * 3_600_000 + 1_800_000)
    let rulebook = Rulebook(
      version: 1, legalBasis: "测试〔2026〕1号", utcOffsetMinutes: 0,
      mealPeriods: JournalFixture.rulebook.mealPeriods,
      spendOrder: [.subsidy, .personal], singleLimit: Fen(10_000), salesPerMeal: 2,
      repeatGuardSeconds: 60,
      offline: OfflineCaps(
        home: Fen(4_000), alone: Fen(2_500), approvals: 9, serialTrust: .medium))
    let journal = try fixture.open()
    try await journal.apply(JournalFixture.page([], from: 0, to: 1, rulebook: rulebook))
    _ = try await journal.authorise(JournalFixture.request(9, lane: 1))
    fixture.advance(seconds: 3_600)  // 00:30 in China
    _ = try await journal.authorise(JournalFixture.request(9, lane: 2))
    #expect(try await journal.standing().today.declined == 2)
    try journal.close()
    let again = try fixture.open()
    #expect(try await again.standing().today.declined == 2)
    try again.close()
  }

  @Test("lunch ends by the boot clock when the wall clock fell back")
  func mealEnds() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    _ = try await journal.authorise(JournalFixture.request(1))
    fixture.clock.withLock { clock in
      clock.wall -= 7_200_000
      clock.boot += 3_600_000
    }
    let late = try await journal.authorise(JournalFixture.request(1))
    #expect(late.declineReason == .outsideMealPeriod)
    #expect(try await !journal.standing().time.isTrusted)
    try journal.close()
  }

  @Test(
    "the repeat guard holds over a restart of the program, and over a boot for its first seconds")
  func guardOverRestarts() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    fixture.advance(seconds: 1)
    let first = try await journal.authorise(JournalFixture.request(1))
    try journal.close()
    fixture.advance(seconds: 59)
    journal = try fixture.open()
    #expect(try await journal.authorise(JournalFixture.request(1)).position == first.position)
    try journal.close()
    fixture.boot(afterSeconds: 1)  // a minute after the sale
    journal = try fixture.open()
    #expect(try await journal.authorise(JournalFixture.request(1)).isApproved)
    try journal.close()
  }

  @Test("after a boot with a dead clock the guard counts from the boot")
  func deadClock() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let first = try await journal.authorise(JournalFixture.request(1))
    try journal.close()
    fixture.boot(afterSeconds: 0)
    fixture.clock.withLock { $0.wall = 0 }
    journal = try fixture.open()
    #expect(try await journal.authorise(JournalFixture.request(1)).position == first.position)
    fixture.advance(seconds: 40)
    #expect(try await journal.authorise(JournalFixture.request(1)).isApproved)
    try journal.close()
  }

  @Test("a sale at another counter in between does not let the first one be charged twice")
  func guardBehindAnotherSale() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let first = try await journal.authorise(JournalFixture.request(1))
    #expect(
      try await journal.authorise(JournalFixture.request(1, lane: 2, price: .keyed(Fen(300))))
        .isApproved)
    #expect(try await journal.authorise(JournalFixture.request(1)).position == first.position)
    try journal.close()
  }

  @Test("a terminal that wakes in 1970 judges certificates by the last time that the centre signed")
  func linkTime() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    #expect((JournalFixture.noon...JournalFixture.noon + 1).contains(journal.linkTime))
    _ = try await journal.authorise(JournalFixture.request(1))
    let facts = try await journal.nextBatch(limit: 500, challenge: .random()).facts
    try journal.close()

    fixture.boot(afterSeconds: 5)
    fixture.clock.withLock { $0.wall = 0 }
    journal = try fixture.open()
    #expect(journal.linkTime == fixture.configuration().clockFloorMilliseconds)
    let ack = SyncTests.ack(facts, head: facts.head)
    try await journal.store(ack)
    try journal.close()

    fixture.boot(afterSeconds: 5)
    fixture.clock.withLock { $0.wall = 0 }
    journal = try fixture.open()
    #expect(journal.linkTime == ack.timeMilliseconds)
    #expect(ack.timeMilliseconds > fixture.configuration().clockFloorMilliseconds)
    try journal.close()
  }
}
