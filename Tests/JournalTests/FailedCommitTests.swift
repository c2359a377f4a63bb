import CanteenModel
import GRDB
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
    try journal.close()
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
