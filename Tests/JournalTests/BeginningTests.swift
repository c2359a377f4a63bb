import CanteenModel
import Foundation
import SyncProtocol
import Testing

@testable import Journal

@Suite struct BeginningTests {
  @Test("a terminal whose ledger is gone does not begin again as if nothing had been sold")
  func lost() throws {
    let fixture = try JournalFixture()
    #expect(!Journal.hasBegun(fixture.path))
    try fixture.open().close()
    #expect(Journal.hasBegun(fixture.path))
    try FileManager.default.removeItem(atPath: fixture.path)
    #expect(Journal.hasBegun(fixture.path))
    #expect(throws: JournalError.lost(path: fixture.path)) { try fixture.open() }
    // What the refused opening left behind is no ledger either.
    #expect(throws: JournalError.lost(path: fixture.path)) { try fixture.open() }
  }

  @Test("it begins in the epoch that the centre granted, and sells there")
  func granted() async throws {
    let fixture = try JournalFixture()
    try fixture.open().close()
    try FileManager.default.removeItem(atPath: fixture.path)
    let granted = GrantedEpoch(epoch: Epoch(4), token: .random())
    try Journal.begin(granted, fixture.configuration())
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let outcome = try await journal.authorise(JournalFixture.request(1))
    #expect(outcome.position == JournalPosition(epoch: Epoch(4), sequence: SequenceNumber(2)))
    let batch = try await journal.nextBatch(limit: 500, challenge: .random())
    let opened = try BatchCodec.open(batch.bytes, key: fixture.key.publicKey)
    #expect(opened.facts.epoch == Epoch(4))
    #expect(opened.facts.first == SequenceNumber(1))
    try journal.close()
  }

  @Test("a ledger that is there is never replaced")
  func alreadyThere() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    _ = try await journal.authorise(JournalFixture.request(1))
    try journal.close()
    #expect(throws: JournalError.alreadyThere(path: fixture.path)) {
      try Journal.begin(
        GrantedEpoch(epoch: Epoch(2), token: .random()), fixture.configuration())
    }
    journal = try fixture.open()
    #expect(try await journal.standing().position.sequence == SequenceNumber(2))
    try journal.close()
  }
}
