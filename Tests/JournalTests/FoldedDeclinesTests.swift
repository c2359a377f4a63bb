import CanteenModel
import Testing

@testable import Journal

/// A card that is refused again and again.
@Suite struct FoldedDeclinesTests {
  private static func count(_ journal: Journal) async throws -> [UInt32] {
    try await journal.newest(100).reversed().compactMap { entry in
      if case .decline(let decline) = entry.record.body { decline.count } else { nil }
    }
  }

  /// Someone whom nobody knows, at a lane.
  private static func stranger(lane: UInt16 = 1) -> SaleRequest {
    JournalFixture.request(99, lane: lane)
  }

  @Test("the first refusal is a record, the others of its minute become one more before the next")
  func folded() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    var positions: Set<JournalPosition> = []
    for _ in 0..<5 {
      let outcome = try await journal.authorise(Self.stranger())
      #expect(outcome.declineReason == .unknownCredential)
      positions.insert(outcome.position)
      fixture.advance(seconds: 2)
    }
    #expect(positions.count == 1)
    #expect(try await Self.count(journal) == [1])
    #expect(try await journal.standing().today.declined == 5)
    let sale = try await journal.authorise(JournalFixture.request(1))
    #expect(sale.isApproved)
    #expect(try await Self.count(journal) == [1, 4])
    #expect(try await journal.standing().today.declined == 5)
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
    let again = try fixture.open()
    #expect(try await again.standing().today.declined == 5)
    try again.close()
  }

  @Test("another lane's refusal, one after a sale, and one a minute later are records of their own")
  func notFolded() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    _ = try await journal.authorise(Self.stranger())
    _ = try await journal.authorise(Self.stranger(lane: 2))
    let sale = try await journal.authorise(JournalFixture.request(1, lane: 2))
    #expect(try await journal.authorise(Self.stranger(lane: 2)).position > sale.position)
    fixture.advance(seconds: 61)
    _ = try await journal.authorise(Self.stranger(lane: 2))
    #expect(try await Self.count(journal) == [1, 1, 1, 1])
    try journal.close()
  }

  @Test(
    "a minute has sixty seconds", arguments: [(59_999, false), (60_000, true)] as [(Int64, Bool)])
  func minute(milliseconds: Int64, isOver: Bool) {
    let decline = DeclineRecord(
      reason: .unknownCredential, account: nil, lane: LaneID(1), medium: .card, amount: .zero,
      count: 1)
    let time = { (passed: Int64) in
      RecordTime(
        wallMilliseconds: JournalFixture.noon + passed, bootMilliseconds: passed, isTrusted: true)
    }
    var folded = FoldedDeclines(
      decline, at: JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(1)), time(0))
    #expect(folded.isOver(at: time(milliseconds)) == isOver)
    #expect(folded.take(decline, at: time(milliseconds)) == !isOver)
  }

  @Test("the number is written when its minute is over, when the day is closed, and at the end")
  func written() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([])
    try await journal.unfoldDeclines()
    for _ in 0..<3 { _ = try await journal.authorise(Self.stranger()) }
    try await journal.unfoldDeclines()
    #expect(try await Self.count(journal) == [1])
    fixture.advance(seconds: 61)
    try await journal.unfoldDeclines()
    #expect(try await Self.count(journal) == [1, 2])
    for _ in 0..<2 { _ = try await journal.authorise(Self.stranger()) }
    let day = try await journal.closeDay(by: OperatorIdentity(userID: 1000, name: "liu"))
    #expect(day.closed.totals.declines == 5)
    for _ in 0..<4 { _ = try await journal.authorise(Self.stranger()) }
    try journal.close()
    let again = try fixture.open()
    #expect(try await Self.count(again) == [1, 2, 1, 1, 1, 3])
    try again.close()
  }
}
