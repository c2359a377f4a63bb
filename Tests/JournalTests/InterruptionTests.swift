import CanteenModel
import GRDB
import Synchronization
import Testing

@testable import Journal

/// What happens when cards, questions and cancellations come in the middle of something else.
@Suite(.timeLimit(.minutes(1))) struct InterruptionTests {
  private static let accounts = (1...9).map { JournalFixture.account($0, subsidy: 9000) }

  /// What came of a task that another thread started.
  private final class Presented: Sendable {
    private let tasks = Mutex<[Task<SaleOutcome, any Error>]>([])
    var count: Int { tasks.withLock { $0.count } }

    func add(_ task: Task<SaleOutcome, any Error>) { tasks.withLock { $0.append(task) } }

    func areApproved() async throws -> Bool {
      for task in tasks.withLock({ $0 }) where try await !task.value.isApproved { return false }
      return true
    }
  }

  @Test("a card that comes ends the check of a table, which is begun again", arguments: [1, 2])
  func interrupts(times: Int) async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed(Self.accounts)
    let presented = Presented()
    StatementWatch.onBegin(of: "integrity_check(\"record\")", in: journal) {
      guard presented.count < times else { return }
      let number = Int64(presented.count + 1)
      presented.add(journal.present(JournalFixture.request(number)))
    }
    #expect(try await journal.verify() == VerificationReport(records: 1, findings: []))
    #expect(presented.count == times)
    #expect(!journal.waitingRoom.withLock { $0.isChecking })
    #expect(try await presented.areApproved())
    try journal.close()
  }

  @Test("a lane that lives on the ledger's thread ends the check of a table, too")
  func lane() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed(Self.accounts)
    let presented = Presented()
    StatementWatch.onBegin(of: "integrity_check(\"record\")", in: journal) {
      guard presented.count == 0 else { return }
      presented.add(
        Task(executorPreference: journal.executor) {
          try await journal.authorise(JournalFixture.request(1))
        })
    }
    let report = try await journal.verify()
    #expect(report == VerificationReport(records: 1, findings: []))
    #expect(try await presented.areApproved())
    // While it waits for its turn, no check begins.
    let said = try await journal.read { db in
      presented.add(
        Task(executorPreference: journal.executor) {
          try await journal.authorise(JournalFixture.request(2))
        })
      return try journal.check("record", db)
    }
    #expect(said == nil)
    #expect(try await presented.areApproved())
    try journal.close()
  }

  @Test("whoever wants the ledger's thread disturbs a check of a table and nothing else")
  func makesWay() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed(Self.accounts)
    StatementWatch.onBegin(of: "tranche, fen, boot_ms FROM sale", in: journal) {
      journal.makeWay()
    }
    #expect(try await journal.verify() == VerificationReport(records: 1, findings: []))
    StatementWatch.onBegin(of: "integrity_check(\"record\")", in: journal) { journal.makeWay() }
    #expect(try await journal.verify().unchecked == ["record"])
    try journal.close()
  }

  @Test("a table whose check cards end three times is left unchecked, and named")
  func leftUnchecked() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed(Self.accounts)
    let presented = Presented()
    StatementWatch.onBegin(of: "integrity_check(\"record\")", in: journal) {
      let number = Int64(presented.count + 1)
      presented.add(journal.present(JournalFixture.request(number)))
    }
    let report = try await journal.verify()
    #expect(report.unchecked == ["record"])
    #expect(report.findings.isEmpty)
    #expect(presented.count == 3)
    #expect(try await presented.areApproved())
    try journal.close()
  }

  @Test("the check of a table does not begin while a card waits")
  func waiting() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed(Self.accounts)
    let presented = Presented()
    let said = try await journal.read { db in
      presented.add(journal.present(JournalFixture.request(1)))
      return try journal.check("record", db)
    }
    #expect(said == nil)
    #expect(try await presented.areApproved())
    let later = try await journal.read { db in try journal.check("record", db) }
    #expect(later == ["ok"])
    try journal.close()
  }

  @Test(
    "a verification that is cancelled ends at its next slice, wherever it is",
    arguments: [
      "FROM hold", "wall_ms, bytes, head FROM record", "tranche, fen, boot_ms FROM sale",
      "market_fen\nFROM meal_counter", "SELECT unsettled_fen",
    ])
  func cancelled(text: String) async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed(Self.accounts)
    _ = try await journal.authorise(JournalFixture.request(1))
    let running = Mutex<Task<VerificationReport, any Error>?>(nil)
    StatementWatch.onBegin(of: text, in: journal) {
      StatementWatch.wait { running.withLock { $0 != nil } }
      running.withLock { $0?.cancel() }
    }
    let task = Task { try await journal.verify() }
    running.withLock { $0 = task }
    await #expect(throws: JournalError.stopped) { try await task.value }
    journal.connection.inDatabase { $0.trace(options: []) }
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test(
    "a sale between two slices of a verification is no finding",
    arguments: ["wall_ms, bytes, head FROM record", "bytes FROM record"])
  func soldMeanwhile(slice: String) async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed(Self.accounts)
    _ = try await journal.authorise(JournalFixture.request(1))
    let presented = Presented()
    StatementWatch.onBegin(of: slice, in: journal) {
      if presented.count == 0 { presented.add(journal.present(JournalFixture.request(2))) }
    }
    #expect(try await journal.verify() == VerificationReport(records: 2, findings: []))
    #expect(try await presented.areApproved())
    try journal.close()
  }

  @Test("a day that somebody closed while it was counted is counted anew, from there")
  func closedMeanwhile() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed(Self.accounts)
    let first = try await journal.authorise(JournalFixture.request(1)).position
    _ = try await journal.authorise(JournalFixture.request(2))
    let isClosed = Mutex(false)
    StatementWatch.onBegin(of: "SELECT epoch, sequence, bytes FROM record", in: journal) {
      isClosed.withLock { isClosed in
        if !isClosed { journal.state.withLock { $0.closedUpTo = first } }
        isClosed = true
      }
    }
    let day = try await journal.closeDay(by: OperatorIdentity(userID: 1000, name: "liu"))
    #expect(day.closed.behind == first)
    #expect(day.closed.totals.sales == 1)
    try journal.close()
  }

  @Test("who waits when the journal stops is told so, and is not charged")
  func stoppedMeanwhile() async throws {
    struct Failure: Error {}
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed(Self.accounts)
    let stopping = journal
    let presented = try await journal.read { db in
      let task = stopping.present(JournalFixture.request(1))
      #expect(stopping.waitingRequests == 1)
      _ = stopping.stop(after: Failure(), db)
      return task
    }
    await #expect(throws: JournalError.stopped) { try await presented.value }
    try journal.close()
    journal = try fixture.open()
    #expect(try await journal.standing().position.sequence == SequenceNumber(1))
    try journal.close()
  }
}
