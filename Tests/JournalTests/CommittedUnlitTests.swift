import CanteenModel
import Testing

@testable import Journal

@Suite struct CommittedUnlitTests {
  private static let keyed = JournalFixture.request(1, price: .keyed(Fen(800)))

  @Test(
    "a sale whose light nobody saw is shown once, not charged, when the card comes back after a crash",
    arguments: [true, false])
  func afterCrash(isPowerCut: Bool) async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let before = try await journal.authorise(Self.keyed)
    try fixture.crash(journal)
    if isPowerCut { fixture.boot(afterSeconds: 1200) } else { fixture.advance(seconds: 100) }
    journal = try fixture.open()
    fixture.advance(seconds: 119)
    #expect(
      try await journal.authorise(JournalFixture.request(1, price: .keyed(Fen(700)))).isApproved)
    let again = try await journal.authorise(Self.keyed)
    #expect(again.isShownAgain)
    #expect(again.position == before.position)
    #expect(try await journal.authorise(Self.keyed).declineReason == .countLimit)
    try journal.close()
  }

  @Test("two minutes after the restart an equal sale is a new one")
  func tooLate() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    _ = try await journal.authorise(Self.keyed)
    try fixture.crash(journal)
    journal = try fixture.open()
    fixture.advance(seconds: 120)
    #expect(try await journal.authorise(Self.keyed).isApproved)
    try journal.close()
  }

  @Test("after a crash, a sale that the lane went on from was lit: it is charged again")
  func laneWentOn() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    _ = try await journal.authorise(Self.keyed)
    _ = try await journal.authorise(JournalFixture.request(99))
    try fixture.crash(journal)
    journal = try fixture.open()
    #expect(try await journal.authorise(Self.keyed).isApproved)
    try journal.close()
  }

  @Test("each lane has its own last sale")
  func twoLanes() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([
      JournalFixture.account(1, subsidy: 9000), JournalFixture.account(2, subsidy: 9000),
    ])
    _ = try await journal.authorise(Self.keyed)
    let other = JournalFixture.request(2, lane: 2, price: .keyed(Fen(900)))
    _ = try await journal.authorise(other)
    try fixture.crash(journal)
    journal = try fixture.open()
    #expect(try await journal.authorise(Self.keyed).isShownAgain)
    #expect(try await journal.authorise(other).isShownAgain)
    try journal.close()
  }

  @Test("after a clean stop every sale was lit, so an equal one is charged")
  func cleanStop() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    _ = try await journal.authorise(Self.keyed)
    try journal.close()
    journal = try fixture.open()
    #expect(try await journal.authorise(Self.keyed).isApproved)
    try journal.close()
  }

  @Test("a sale that was long lit when the program died is not shown again")
  func longLit() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    _ = try await journal.authorise(Self.keyed)
    fixture.advance(seconds: 120)
    try fixture.crash(journal)
    journal = try fixture.open()
    #expect(try await journal.authorise(Self.keyed).isApproved)
    try journal.close()
  }

  @Test("a light that failed makes the sale stand for one equal presentation, without a restart")
  func lightFailed() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let before = try await journal.authorise(Self.keyed)
    try await journal.markUnlit(before.position)
    fixture.advance(seconds: 30)
    #expect(try await journal.authorise(Self.keyed).position == before.position)
    #expect(try await journal.authorise(Self.keyed).isApproved)
    try journal.close()
  }

  @Test("a light that failed just before a clean stop is reckoned with at the next start")
  func lightFailedBeforeStop() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let before = try await journal.authorise(Self.keyed)
    try await journal.markUnlit(before.position)
    try journal.close()
    journal = try fixture.open()
    #expect(try await journal.authorise(Self.keyed).position == before.position)
    try journal.close()
  }

  @Test("a card that lay there at the start is answered and never charged, and leaves no record")
  func wasThereAtStart() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let outcome = try await journal.authorise(JournalFixture.request(1, mayCharge: false))
    #expect(outcome.verdict == .tapAgain)
    #expect(outcome.diner?.available.subsidy == Fen(9000))
    #expect(try await journal.standing().position.sequence == SequenceNumber(1))
    #expect(try await journal.authorise(JournalFixture.request(1)).isApproved)
    try journal.close()
  }
}
