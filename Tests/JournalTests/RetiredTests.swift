import CanteenModel
import SyncProtocol
import Testing

@testable import Journal

/// A terminal that the centre has retired.
@Suite struct RetiredTests {
  /// A sale, and an ack of it that says so.
  private func retired(_ fixture: JournalFixture) async throws -> Journal {
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    #expect(try await journal.authorise(JournalFixture.request(1)).isApproved)
    let batch = try await journal.nextBatch(limit: 500, challenge: .random())
    try await journal.store(Self.ack(batch.facts, isRetired: true))
    fixture.advance(seconds: 300)
    return journal
  }

  private static func ack(_ facts: BatchFacts, isRetired: Bool) -> AckFacts {
    AckFacts(
      terminal: facts.terminal, position: JournalPosition(epoch: facts.epoch, sequence: facts.last),
      head: facts.head, nonce: .random(), challenge: facts.challenge,
      timeMilliseconds: JournalFixture.noon, nextSize: 500, nextEpoch: Epoch(2),
      epochToken: .random(), isRetired: isRetired)
  }

  @Test("everybody is declined with 017, without a record; what was sold before can be taken back")
  func declines() async throws {
    let fixture = try JournalFixture()
    let journal = try await retired(fixture)
    let before = try await journal.standing()
    #expect(before.isRetired)
    let refusal = try await journal.authorise(JournalFixture.request(1))
    #expect(refusal.declineReason == .terminalRetired)
    #expect(DeclineReason.terminalRetired.code == "017")
    #expect(
      try await journal.authorise(JournalFixture.request(77)).declineReason == .unknownCredential)
    #expect(try await journal.standing().position == before.position)
    let clerk = OperatorIdentity(userID: 1000, name: "liu")
    let sale = JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(2))
    let outcome = try await journal.correct(
      CorrectionRequest(kind: .void, original: sale, amount: nil, by: clerk, note: ""))
    guard case .corrected = outcome else {
      Issue.record("not corrected: \(outcome)")
      return
    }
    try journal.close()
  }

  @Test("it outlives a restart and a salvage, and ends with an ack that does not say so")
  func stands() async throws {
    let fixture = try JournalFixture()
    var journal = try await retired(fixture)
    try journal.close()
    journal = try fixture.open()
    #expect(
      try await journal.authorise(JournalFixture.request(1)).declineReason == .terminalRetired)
    try journal.close()
    try SalvageTests.tamper(fixture, "UPDATE terminal_state SET head = zeroblob(32)")
    journal = try Journal.openOrSalvage(fixture.configuration()).journal
    #expect(try await journal.standing().isRetired)
    let batch = try await journal.nextBatch(limit: 500, challenge: .random())
    try await journal.store(Self.ack(batch.facts, isRetired: false))
    #expect(try await !journal.standing().isRetired)
    try journal.close()
  }
}
