import CanteenModel
import GRDB
import SyncProtocol
import Testing

@testable import Journal

/// Lets commits fail as a disk does: at the last moment, with everything written.
private final class FailingDisk: TransactionObserver {
  struct Failure: Error {}

  func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }
  func databaseDidChange(with event: DatabaseEvent) {}
  func databaseWillCommit() throws { throw Failure() }
  func databaseDidCommit(_ db: Database) {}
  func databaseDidRollback(_ db: Database) {}
}

@Suite struct FailedCommitTests {
  @Test("after a failed commit nobody is answered as paid, and the journal takes nothing more")
  func stops() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let disk = FailingDisk()
    journal.connection.add(transactionObserver: disk, extent: .databaseLifetime)
    await #expect {
      try await journal.authorise(JournalFixture.request(1))
    } throws: { error in
      if case JournalError.commitFailed = error { true } else { false }
    }
    await #expect(throws: JournalError.stopped) {
      try await journal.authorise(JournalFixture.request(1))
    }
    await #expect(throws: JournalError.stopped) {
      try await journal.apply(JournalFixture.page([], from: 1, to: 1))
    }
    #expect(journal.isStopped)
    #expect(journal.hasFailed)
    try journal.close()
  }

  @Test(
    "a commit that fails while an ack is stored is told to the daemon, and the status still answers"
  )
  func tellsTheDaemon() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    _ = try await journal.authorise(JournalFixture.request(1))
    let batch = try await journal.nextBatch(limit: 500, challenge: .random())
    journal.connection.add(transactionObserver: FailingDisk(), extent: .databaseLifetime)
    await #expect(throws: JournalError.self) {
      try await journal.store(SyncTests.ack(batch.facts, head: batch.facts.head))
    }
    var told: [JournalError] = []
    for await failure in journal.failure { told.append(failure) }
    #expect(told == [.commitFailed(code: 0)])
    #expect(try await journal.standing().isStopped)
    await #expect(throws: JournalError.stopped) { try await journal.verify() }
    try journal.close()
  }

  @Test("a ledger that was closed as asked has not failed")
  func closedIsNotFailed() async throws {
    let fixture = try JournalFixture()
    let journal = try fixture.open()
    try journal.close()
    for await failure in journal.failure { Issue.record("told of \(failure)") }
    #expect(!journal.hasFailed)
  }

  @Test("everybody who waited for a group that failed is told so")
  func wholeGroup() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed(
      (1...20).map { JournalFixture.account($0, subsidy: 9000) })
    journal.connection.add(transactionObserver: FailingDisk(), extent: .databaseLifetime)
    let answered = await withTaskGroup(of: Bool.self) { group in
      for number in 1...Int64(20) {
        group.addTask {
          do {
            _ = try await journal.authorise(JournalFixture.request(number))
            return true
          } catch { return false }
        }
      }
      return await group.contains(true)
    }
    #expect(!answered)
    try journal.close()
  }

  @Test("what was rolled back with a failed commit is gone after reopening, and selling goes on")
  func reopens() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    journal.connection.add(transactionObserver: FailingDisk(), extent: .databaseLifetime)
    await #expect(throws: JournalError.self) {
      try await journal.authorise(JournalFixture.request(1))
    }
    try journal.close()
    journal = try fixture.open()
    #expect(try await journal.authorise(JournalFixture.request(1)).isApproved)
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }
}
