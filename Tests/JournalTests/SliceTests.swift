import CanteenModel
import GRDB
import SyncProtocol
import Testing

@testable import Journal

/// Counts commits, and lets one fail.
private final class CountingDisk: TransactionObserver {
  struct Failure: Error {}

  private let failing: Int?
  private(set) var commits = 0

  init(failing: Int? = nil) { self.failing = failing }

  func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }
  func databaseDidChange(with event: DatabaseEvent) {}
  func databaseWillCommit() throws {
    commits += 1
    if commits == failing { throw Failure() }
  }
  func databaseDidCommit(_ db: Database) {}
  func databaseDidRollback(_ db: Database) {}
}

@Suite struct SliceTests {
  static let page = JournalFixture.page(
    (1...120).map { JournalFixture.account($0, subsidy: 9000) }, from: 0, to: 7,
    rulebook: JournalFixture.rulebook)

  private static func accounts(_ journal: Journal) throws -> Int? {
    try journal.connection.inDatabase { db in
      try Int.fetchOne(db, sql: "SELECT count(*) FROM account")
    }
  }

  @Test("a large page goes in slices, so that no card waits for all of it")
  func slices() async throws {
    let fixture = try JournalFixture()
    let journal = try fixture.open()
    let disk = CountingDisk()
    journal.connection.add(transactionObserver: disk, extent: .observerLifetime)
    try await journal.apply(Self.page)
    #expect(disk.commits == 3)
    #expect(journal.feedCursor.version == 7)
    #expect(try Self.accounts(journal) == 120)
    try journal.close()
  }

  @Test(
    "a page that was cut short leaves the cursor where it was, and comes again whole",
    arguments: [(1, 0), (2, 50), (3, 100)])
  func cutShort(failing: Int, written: Int) async throws {
    let fixture = try JournalFixture()
    var journal = try fixture.open()
    let disk = CountingDisk(failing: failing)
    journal.connection.add(transactionObserver: disk, extent: .databaseLifetime)
    await #expect(throws: JournalError.self) { try await journal.apply(Self.page) }
    try journal.close()
    journal = try fixture.open()
    #expect(journal.feedCursor.version == 0)
    #expect(try Self.accounts(journal) == written)
    try await journal.apply(Self.page)
    #expect(journal.feedCursor.version == 7)
    #expect(try Self.accounts(journal) == 120)
    #expect(try await journal.authorise(JournalFixture.request(120)).isApproved)
    try journal.close()
  }

  @Test("the newest records are the same, however many slices they are read in")
  func newest() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([])
    for number in UInt16(0)..<249 {
      // Two lanes in turn: equal refusals would be folded.
      _ = try await journal.authorise(JournalFixture.request(1, lane: number % 2))
    }
    for limit in [1, 99, 100, 101, 250, 1000] {
      let numbers = try await journal.newest(limit).map { Int($0.position.sequence.number) }
      #expect(numbers == Array((1...250).reversed().prefix(limit)))
    }
    try journal.close()
  }

  @Test("selling goes on under a verification, and neither disturbs the other")
  func underVerification() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed(
      (1...300).map { JournalFixture.account($0, subsidy: 9000) })
    let reports = try await withThrowingTaskGroup(of: VerificationReport?.self) { group in
      for number in 1...Int64(300) {
        group.addTask {
          let outcome = try await journal.authorise(JournalFixture.request(number))
          #expect(outcome.isApproved)
          return nil
        }
        if number % 60 == 0 { group.addTask { try await journal.verify() } }
      }
      return try await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
    }
    #expect(reports.count == 5)
    #expect(reports.allSatisfy { $0.findings.isEmpty })
    let report = try await journal.verify()
    #expect(report == VerificationReport(records: 301, findings: []))
    try journal.close()
  }
}
