import CanteenModel
import Synchronization
import Testing

@testable import Journal

@Suite struct AuthoriseTests {
  @Test("a sale takes the subsidy first, and the balance shown is what is left")
  func approves() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([
      JournalFixture.account(1, subsidy: 1000, personal: 4000)
    ])
    let outcome = try await journal.authorise(JournalFixture.request(1))
    guard case .approved(let sale) = outcome.verdict else {
      Issue.record("declined: \(outcome)")
      return
    }
    #expect(sale.paid == PurseAmounts(subsidy: Fen(1000), personal: Fen(500)))
    #expect(outcome.diner?.available == PurseAmounts(subsidy: .zero, personal: Fen(3500)))
    #expect(outcome.position == JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(2)))
    let look = try await journal.authorise(JournalFixture.request(1, mayCharge: false))
    #expect(look.diner?.available == PurseAmounts(subsidy: .zero, personal: Fen(3500)))
    try journal.close()
  }

  @Test("a card tapped again within the guard time is shown the sale and pays nothing")
  func repeatGuard() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    fixture.advance(seconds: 1)
    let first = try await journal.authorise(JournalFixture.request(1))
    fixture.advance(seconds: 59)
    let again = try await journal.authorise(JournalFixture.request(1))
    guard case .shownAgain = again.verdict else {
      Issue.record("charged twice: \(again)")
      return
    }
    #expect(again.position == first.position)
    fixture.advance(seconds: 1)
    #expect(try await journal.authorise(JournalFixture.request(1)).isApproved)
    #expect(
      try await journal.authorise(JournalFixture.request(1, lane: 2)).declineReason == .countLimit)
    try journal.close()
  }

  @Test("two lanes, one account, money for one meal: one approval each time", arguments: [200])
  func oneMealForTwoLanes(rounds: Int) async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed(
      (1...Int64(rounds)).map { JournalFixture.account($0, subsidy: 1500) })
    for number in 1...Int64(rounds) {
      async let first = journal.authorise(JournalFixture.request(number, lane: 1))
      async let second = journal.authorise(JournalFixture.request(number, lane: 2))
      let outcomes = try await [first, second]
      #expect(outcomes.filter(\.isApproved).count == 1)
      #expect(outcomes.contains { $0.declineReason == .insufficientBalance })
    }
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test("presentations that wait together commit as one group, and each is answered")
  func groupCommit() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed(
      (1...100).map { JournalFixture.account($0, subsidy: 1500) })
    let approved = try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 1...Int64(100) {
        group.addTask { try await journal.authorise(JournalFixture.request(number)).isApproved }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(approved == 100)
    let report = try await journal.verify()
    #expect(report.records == 101)
    #expect(report.findings.isEmpty)
    try journal.close()
  }

  @Test("whoever follows the ledger hears of sales, once for all that came meanwhile")
  func changes() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([
      JournalFixture.account(1, subsidy: 9000), JournalFixture.account(2, subsidy: 9000),
      JournalFixture.account(3, subsidy: 9000),
    ])
    var heard = journal.changes.makeAsyncIterator()
    await heard.next()  // of the page
    // Whoever sold is answered before the others hear of it: of the first two they have when the third is decided.
    for number in [1, 2, 3] as [Int64] {
      _ = try await journal.authorise(JournalFixture.request(number))
    }
    try journal.close()
    #expect(await heard.next() != nil)
    #expect(await heard.next() == nil)
  }

  @Test("an unknown card is declined with 001, and the decline is a record")
  func unknownCard() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([])
    let outcome = try await journal.authorise(JournalFixture.request(9))
    #expect(outcome.declineReason == .unknownCredential)
    #expect(outcome.diner == nil)
    #expect(try await journal.newest(1).first?.position == outcome.position)
    try journal.close()
  }

  @Test("nothing is sold before the centre fed a rulebook")
  func noRulebook() async throws {
    let fixture = try JournalFixture()
    let journal = try fixture.open()
    #expect(
      try await journal.authorise(JournalFixture.request(1)).declineReason == .notConfigured)
    try journal.close()
  }

  @Test("the journal takes nothing more once it was closed")
  func closed() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    try journal.close()
    await #expect(throws: JournalError.stopped) {
      try await journal.authorise(JournalFixture.request(1))
    }
  }
}
