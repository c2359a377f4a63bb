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
    PRAGMA ignore_check_constraints = ON; INSERT INTO pruned VALUES (1, 1, 0, zeroblob(31), 0)
    """

  private static func begin(_ fixture: JournalFixture, epoch: UInt32 = 2) throws -> Salvage? {
    try Journal.begin(
      GrantedEpoch(epoch: Epoch(epoch), token: .random()), fixture.configuration())
  }

  static func place(_ sequence: UInt64) -> JournalPosition {
    JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(sequence))
  }

  /// How many records behind the last ack can be read, as opening says.
  private static func readable(_ fixture: JournalFixture) throws -> Int? {
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
    #expect(journal.state.withLock { $0.closedUpTo.sequence } == .none)
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
      (["DELETE FROM record WHERE sequence >= 3"], 0, 2, 3),
      (["DELETE FROM record"], 0, 2, 3),
      (["DELETE FROM record WHERE sequence = 4"], 0, 2, 3),
      (["DELETE FROM record WHERE sequence < 3"], 2, 0, 5),
      (["UPDATE record SET bytes = zeroblob(9) WHERE sequence = 1"], 2, 0, 5),
      (["UPDATE record SET wall_ms = 0 WHERE sequence = 3"], 2, 0, 5),
      (["DELETE FROM record WHERE sequence = 3"], 2, 0, 5),
      (
        [
          "PRAGMA ignore_check_constraints = ON; "
            + "UPDATE record SET head = zeroblob(31) WHERE sequence = 2"
        ], 2, 0, 5
      ),
      ([unreadablePruned], 2, 0, 5),
      ([unreadablePruned, "UPDATE record SET bytes = zeroblob(9) WHERE sequence = 1"], 2, 0, 5),
      (["UPDATE terminal_state SET acked_head = zeroblob(32)"], 2, 0, 5),
    ] as [([String], Int, Int, UInt64)])
  func aroundTheAck(sql: [String], kept: Int, missing: Int, end: UInt64) async throws {
    let fixture = try await SalvageTests.ledger()
    for sql in [Self.wrongHead] + sql { try SalvageTests.tamper(fixture, sql) }
    let (journal, salvage) = try Journal.openOrSalvage(fixture.configuration())
    #expect(
      salvage
        == Salvage(
          file: SalvageTests.damagedFile, kept: kept, missing: missing, end: Self.place(end)))
    #expect(try await journal.verify().findings.isEmpty)
    #expect(journal.state.withLock { $0.acknowledged.position } == Self.place(3))
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

  @Test("another terminal's damaged ledger is left alone")
  func otherTerminal() async throws {
    let fixture = try await SalvageTests.ledger()
    try SalvageTests.tamper(fixture, "UPDATE rulebook SET bytes = x'FF'")
    #expect(throws: JournalError.belongsToAnotherTerminal(TerminalID(3))) {
      try Journal.openOrSalvage(fixture.configuration(terminal: 4))
    }
    #expect(FileManager.default.fileExists(atPath: fixture.path))
    let (journal, salvage) = try Journal.openOrSalvage(fixture.configuration())
    #expect(salvage?.kept == 2)
    try journal.close()
  }

  @Test("an offer of an epoch that is open already is none")
  func usedOffer() async throws {
    let fixture = try await SalvageTests.ledger()
    try SalvageTests.tamper(fixture, Self.wrongHead)
    try SalvageTests.tamper(fixture, "UPDATE terminal_state SET next_epoch = 1")
    #expect(try Self.readable(fixture) == 2)
  }

  @Test("what is missing behind an older epoch is counted from that epoch's end")
  func missingEpoch() async throws {
    let fixture = try await SalvageTests.ledger()
    try SalvageTests.tamper(fixture, "DELETE FROM record WHERE sequence = 5")
    var (journal, _) = try Journal.openOrSalvage(fixture.configuration())
    fixture.advance(seconds: 90)
    _ = try await journal.authorise(JournalFixture.request(2))
    #expect(journal.state.withLock { $0.backlog.records } == 3)
    try journal.close()
    try SalvageTests.tamper(fixture, "DELETE FROM record WHERE epoch = 2 AND sequence = 1")
    let salvage = try Self.begin(fixture, epoch: 3)
    #expect(salvage?.kept == 1)
    #expect(salvage?.missing == 2)
    #expect(salvage?.end == Self.place(4))
    journal = try fixture.open()
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test("records of two older epochs that wait count as one at least")
  func backlogOfEpochs() async throws {
    let fixture = try await SalvageTests.ledger()
    try SalvageTests.tamper(fixture, "DELETE FROM record WHERE sequence = 5")
    try Journal.openOrSalvage(fixture.configuration()).journal.close()
    try SalvageTests.tamper(fixture, Self.wrongHead)
    #expect(try Self.begin(fixture, epoch: 3)?.kept == 2)
    let journal = try fixture.open()
    #expect(journal.state.withLock { $0.backlog.records } == 2)
    #expect(journal.state.withLock { $0.backlog.total } == Fen(1500))
    try journal.close()
  }

  @Test("where records were removed before the damage, what is left is counted as before")
  func pruned() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    _ = try await journal.authorise(JournalFixture.request(1))
    try await Self.acknowledge(journal)
    try await journal.apply(
      JournalFixture.page(
        [JournalFixture.account(1, subsidy: 7500, version: 2, includes: Self.place(2))],
        from: 1, to: 2))
    fixture.advance(seconds: 70 * 86_400)
    #expect(try await journal.prune())
    let before = journal.state.withLock { $0.pruned }
    _ = try await journal.authorise(JournalFixture.request(1))
    try journal.close()
    try SalvageTests.tamper(fixture, Self.wrongHead)
    let salvaged = try Journal.openOrSalvage(fixture.configuration())
    #expect(salvaged.salvage?.kept == 1)
    #expect(salvaged.journal.state.withLock { $0.pruned } == before)
    #expect(try await salvaged.journal.verify().findings.isEmpty)
    try salvaged.journal.close()
  }

  @Test("on a full disk the ballast makes room for what is saved")
  func fullDisk() async throws {
    let fixture = try await SalvageTests.ledger()
    try SalvageTests.tamper(fixture, Self.wrongHead)
    let ballast = fixture.path + ".ballast"
    #expect(FileManager.default.createFile(atPath: ballast, contents: Data(count: 1000)))
    let limits = StoreLimits(ballast: 1000, readSpace: { _ in DiskSpace(free: 0, total: 1 << 30) })
    let (journal, salvage) = try Journal.openOrSalvage(
      fixture.configuration(storeLimits: limits))
    #expect(salvage?.kept == 2)
    #expect(!FileManager.default.fileExists(atPath: ballast))
    try journal.close()
  }

  @Test("a whole ledger in which damage was met is put aside for the granted epoch too")
  func suspect() async throws {
    let fixture = try await SalvageTests.ledger()
    LedgerFiles(path: fixture.path).markSuspect()
    let salvage = try Self.begin(fixture)
    #expect(salvage?.kept == 2)
    #expect(!LedgerFiles(path: fixture.path).isSuspect)
    #expect(throws: JournalError.alreadyThere(path: fixture.path)) {
      try Self.begin(fixture, epoch: 3)
    }
  }

  @Test("a record that cannot be read hides no sale that nobody saw, and keeps nobody out")
  func unreadableBehindAck() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    _ = try await journal.authorise(JournalFixture.request(99))
    try await Self.acknowledge(journal)
    let sale = try await journal.authorise(JournalFixture.request(1))
    try await journal.read { db in
      try db.execute(sql: "UPDATE record SET bytes = x'FFFFFF' WHERE sequence = 2")
    }
    try fixture.crash(journal)
    journal = try fixture.open()
    let again = try await journal.authorise(JournalFixture.request(1))
    #expect(again.isShownAgain)
    #expect(again.position == sale.position)
    #expect(try await journal.verify().findings.count == 1)
    try journal.close()
  }
}
