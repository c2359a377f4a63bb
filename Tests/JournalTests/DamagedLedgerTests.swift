import CanteenModel
import Foundation
import GRDB
import LedgerDisk
import SyncProtocol
import Synchronization
import TerminalCore
import Testing

@testable import Journal

/// What is read of a damaged ledger, whatever is damaged in it. Records 2 and 3 are sales that the
/// centre acknowledged, 4 and 5 sales that it did not.
@Suite struct DamagedLedgerTests {
  static let wrongHead = "UPDATE terminal_state SET head = zeroblob(32)"
  private static let unreadableState = "DELETE FROM terminal_state"
  private static let unreadablePruned = """
    PRAGMA ignore_check_constraints = ON; INSERT INTO pruned VALUES (1, 1, 0, zeroblob(31), 0, zeroblob(32))
    """

  static func begin(_ fixture: JournalFixture, epoch: UInt32 = 2) throws -> Salvage? {
    try Journal.begin(
      GrantedEpoch(epoch: Epoch(epoch), token: .random()), fixture.configuration())
  }

  static func place(_ sequence: UInt64) -> JournalPosition {
    JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(sequence))
  }

  /// How many records behind the last ack can be read, as opening says.
  static func readable(_ fixture: JournalFixture) throws -> Int? {
    do {
      let (journal, _) = try Journal.openOrSalvage(fixture.configuration())
      try journal.close()
      return nil
    } catch .needsEpoch(_, let readable) {
      return readable
    }
  }

  @Test(
    "without a readable state every record that links is kept, once the centre grants an epoch",
    arguments: [
      ([], 5), (["DELETE FROM record WHERE sequence = 1"], 0),
      (["DELETE FROM record WHERE sequence = 3"], 2), ([unreadablePruned], 0),
    ] as [([String], Int)])
  func noState(sql: [String], kept: Int) async throws {
    let fixture = try await SalvageTests.ledger()
    for sql in [Self.unreadableState] + sql { try SalvageTests.tamper(fixture, sql) }
    #expect(try Self.readable(fixture) == kept)
    let salvage = try #require(try Self.begin(fixture))
    #expect(salvage.kept == kept)
    #expect(salvage.missing == nil)
    #expect(salvage.end == Self.place(UInt64(kept)))
    let journal = try fixture.open()
    let opened = try #require(try await journal.newest(1).first)
    #expect(opened.position.epoch == Epoch(2))
    if case .epochOpened(let opening) = opened.record.body {
      #expect(opening.previous == (kept > 0 ? Self.place(UInt64(kept)) : nil))
      #expect((opening.previousHead == .zero) == (kept == 0))
    } else {
      Issue.record("\(opened)")
    }
    #expect(try await journal.verify().findings.isEmpty)
    #expect(journal.nextBatchSize == WireLimit.recordsPerBatch)
    #expect(journal.state.withLock { $0.place } == nil)
    let closed = journal.state.withLock { $0.closedUpTo }
    #expect(closed == JournalPosition(epoch: Epoch(0), sequence: .none))
    try journal.close()
  }

  @Test("a state on a damaged page is a state that cannot be read")
  func damagedPage() async throws {
    let fixture = try await SalvageTests.ledger()
    try Self.wipe("terminal_state", fixture)
    #expect(try Self.readable(fixture) == 5)
    let salvage = try Self.begin(fixture)
    #expect(salvage?.kept == 5)
    #expect(salvage?.missing == nil)
  }

  private static func wipe(_ table: String, _ fixture: JournalFixture) throws {
    let queue = try DatabaseQueue(path: fixture.path)
    let page = try queue.inDatabase { db in
      try Int64.fetchOne(
        db, sql: "SELECT rootpage FROM sqlite_schema WHERE name = ?", arguments: [table])
    }
    try queue.close()
    let file = try #require(FileHandle(forUpdatingAtPath: fixture.path))
    try file.seek(toOffset: UInt64((try #require(page) - 1) * 4096))
    try file.write(contentsOf: Data(count: 4096))
    try file.close()
  }

  @Test("a file that SQLite can do nothing with is put aside whole, and nothing of it is kept")
  func noDatabase() async throws {
    let fixture = try await SalvageTests.ledger()
    let bytes = Data(repeating: 0x5A, count: 9000)
    try bytes.write(to: URL(filePath: fixture.path))
    #expect(try Self.readable(fixture) == 0)
    let salvage = try #require(try Self.begin(fixture, epoch: 7))
    #expect(
      salvage
        == Salvage(file: SalvageTests.damagedFile, kept: 0, missing: nil, end: Self.place(0)))
    let damaged = fixture.folder.appending(path: SalvageTests.damagedFile)
    #expect(try Data(contentsOf: damaged) == bytes)
    let journal = try fixture.open()
    #expect(try await journal.standing().position.epoch == Epoch(7))
    try journal.close()
  }

  static func acknowledge(_ journal: Journal) async throws {
    let batch = try await journal.nextBatch(limit: 500, challenge: .random())
    try await journal.store(SyncTests.ack(batch.facts, head: batch.facts.head))
  }

  @Test(
    "where the records around the last ack are gone, what the state says of it stands, if it can be",
    arguments: [
      (["DELETE FROM record WHERE sequence >= 3"], 0, 2, 1),
      (
        [
          "DELETE FROM record WHERE sequence >= 3",
          "UPDATE terminal_state SET sequence = 3",
        ], 0, 0, 1
      ), (["DELETE FROM record"], 0, 2, 1), (["DELETE FROM record WHERE sequence = 4"], 0, 2, 4),
      (["DELETE FROM record WHERE sequence < 3"], 2, 0, 3),
      (["UPDATE record SET bytes = zeroblob(9) WHERE sequence = 1"], 2, 0, 5),
      (["UPDATE record SET wall_ms = 0 WHERE sequence = 3"], 2, 0, 3),
      (
        [
          "UPDATE record SET wall_ms = (SELECT wall_ms FROM record WHERE sequence = 2) "
            + "WHERE sequence = 3"
        ], 2, 0, 3
      ), (["DELETE FROM record WHERE sequence = 3"], 2, 0, 3),
      (
        [
          "PRAGMA ignore_check_constraints = ON; "
            + "UPDATE record SET head = zeroblob(31) WHERE sequence = 2"
        ], 2, 0, 3
      ), ([unreadablePruned], 2, 0, 6),
      ([unreadablePruned, "UPDATE record SET bytes = zeroblob(9) WHERE sequence = 1"], 2, 0, 5),
      (["UPDATE terminal_state SET acked_head = zeroblob(32)"], 2, 0, 6),
      (
        [
          "UPDATE terminal_state SET acked_head = zeroblob(32)",
          "DELETE FROM record WHERE sequence < 3",
          "UPDATE record SET head = zeroblob(32) WHERE sequence = 5",
        ], 1, 1, 2
      ),
    ] as [([String], Int, Int, Int)])
  func aroundTheAck(sql: [String], kept: Int, missing: Int, records: Int) async throws {
    let fixture = try await SalvageTests.ledger()
    for sql in [Self.wrongHead] + sql { try SalvageTests.tamper(fixture, sql) }
    let (journal, salvage) = try Journal.openOrSalvage(fixture.configuration())
    #expect(
      salvage
        == Salvage(
          file: SalvageTests.damagedFile, kept: kept, missing: missing,
          end: Self.place(UInt64(3 + kept))))
    // Those before the ack are kept as far as they link, and there is the epoch's first.
    #expect(
      try await journal.verify() == VerificationReport(records: records, findings: []))
    #expect(journal.state.withLock { $0.place } == JournalFixture.place)
    #expect(journal.state.withLock { $0.acknowledged.position } == Self.place(3))
    try journal.close()
  }

  @Test(
    "where nothing follows the last ack, its head is that of the record that links to those before")
  func headOfTheAck() async throws {
    let fixture = try await SalvageTests.ledger()
    let whole = try fixture.open()
    let head = try await whole.head(at: Self.place(3))
    try whole.close()
    try SalvageTests.tamper(
      fixture,
      """
      UPDATE terminal_state SET acked_head = zeroblob(32);
      UPDATE record SET bytes = zeroblob(length(bytes)) WHERE sequence = 4
      """)
    let (journal, _) = try Journal.openOrSalvage(fixture.configuration())
    #expect(
      journal.state.withLock { $0.acknowledged.position } == Self.place(3)
        && journal.state.withLock { $0.acknowledged.head } == head)
    try journal.close()
  }

  @Test("an ack of a record that the ledger never had is not believed")
  func impossibleAck() async throws {
    let fixture = try await SalvageTests.ledger()
    try SalvageTests.tamper(
      fixture, "DELETE FROM record WHERE sequence >= 3; UPDATE terminal_state SET sequence = 2")
    let (journal, salvage) = try Journal.openOrSalvage(fixture.configuration())
    #expect(salvage?.kept == 2)
    #expect(salvage?.missing == 0)
    #expect(journal.state.withLock { $0.acknowledged.position } == Self.place(0))
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test("a record that links and cannot be read ends what is kept")
  func unreadableRecord() async throws {
    let fixture = try await SalvageTests.ledger()
    let queue = try DatabaseQueue(path: fixture.path)
    try await queue.write { db in
      let before = try #require(
        try Row.fetchOne(db, sql: "SELECT head FROM record WHERE sequence = 4"))
      let bytes: [UInt8] = [0xFF, 0xFF, 0xFF]
      let head = Chain.head(
        after: try before.head("head"), record: bytes, terminal: TerminalID(3),
        position: Self.place(5))
      try db.execute(
        sql: "UPDATE record SET bytes = ?, head = ? WHERE sequence = 5",
        arguments: [Data(bytes), head.blob])
    }
    try queue.close()
    try SalvageTests.tamper(fixture, Self.wrongHead)
    let (journal, salvage) = try Journal.openOrSalvage(fixture.configuration())
    #expect(salvage?.kept == 1)
    #expect(salvage?.missing == 1)
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test("what whoever keeps the records throws ends the walk and is thrown")
  func visitorThrows() async throws {
    struct Refused: Error {}
    let fixture = try await SalvageTests.ledger()
    try await DatabaseQueue(path: fixture.path).read { db in
      let ledger = try DamagedLedger(db, fixture.configuration())
      #expect(ledger.countUnsettled(db) == 2)
      var seen = 0
      #expect(throws: Refused.self) {
        try ledger.walk(db) { _, _ in
          seen += 1
          if seen == 3 { throw Refused() }
        }
      }
      #expect(seen == 3)
      var walked: [JournalPosition] = []
      try ledger.walk(db) { position, _ in walked.append(position) }
      #expect(walked == (1...5).map { Self.place($0) })
    }
  }

}
