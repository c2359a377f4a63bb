import CanteenModel
import Foundation
import GRDB
import LedgerDisk
import SyncProtocol
import Synchronization
import TerminalCore
import Testing

@testable import Journal

/// What else can be true of a damaged ledger: whose it is, which epochs it has, what was removed, and how
/// full the disk is. Records 2 and 3 are sales that the centre acknowledged, 4 and 5 sales that it did not.
@Suite struct SalvageCasesTests {
  @Test(
    "the first record of the epoch follows the last one by the boot clock, within a boot only",
    arguments: [(false, false, Int64(50_000)), (true, false, 1), (true, true, 1)])
  func fallenClock(isNewBoot: Bool, wasOpened: Bool, later: Int64) async throws {
    let fixture = try await SalvageTests.ledger()
    let boot = fixture.clock.withLock { $0.boot }
    if isNewBoot { fixture.boot(afterSeconds: 0) }
    if wasOpened { try fixture.open().close() }
    try SalvageTests.tamper(fixture, DamagedLedgerTests.wrongHead)
    fixture.clock.withLock { clock in
      clock.wall -= 3_600_000
      clock.boot = boot + 50_000
    }
    let (journal, _) = try Journal.openOrSalvage(fixture.configuration())
    let entries = try await journal.newest(2)
    let times = entries.map { $0.record.time.wallMilliseconds }
    #expect(times.count == 2)
    #expect(times[0] - times[1] == later)
    try journal.close()
  }

  @Test("what the state says of acks and boots is carried, so that a repeated tap is known")
  func carried() async throws {
    let fixture = try await SalvageTests.ledger()
    fixture.boot(afterSeconds: 300)
    let before = try fixture.open()
    let rulebook = JournalFixture.rulebook(version: 2, salesPerMeal: 9)
    try await before.apply(JournalFixture.page([], from: 1, to: 1, rulebook: rulebook))
    fixture.advance(seconds: 20)
    let sale = JournalFixture.request(1)
    #expect(try await before.authorise(sale).isApproved)
    let old = before.state.withLock { $0 }
    try before.close()
    try SalvageTests.tamper(fixture, DamagedLedgerTests.wrongHead)
    fixture.advance(seconds: 30)
    let (journal, _) = try Journal.openOrSalvage(fixture.configuration())
    let state = journal.state.withLock { $0 }
    #expect(state.acknowledged == old.acknowledged)
    #expect(state.acknowledged.timeMilliseconds == JournalFixture.noon)
    #expect(state.bootStart == old.bootStart)
    #expect(state.pruned == old.pruned)
    #expect(try await journal.authorise(sale).isShownAgain)
    try journal.close()
  }

  @Test("where nobody knows how the ledger was left, its last sale may be unlit")
  func perhapsUnlit() async throws {
    let fixture = try await SalvageTests.ledger()
    try SalvageTests.tamper(fixture, "DELETE FROM terminal_state")
    _ = try DamagedLedgerTests.begin(fixture)
    let journal = try fixture.open()
    fixture.advance(seconds: 90)
    #expect(try await journal.authorise(JournalFixture.request(2)).isShownAgain)
    #expect(journal.state.withLock { $0.pruned.countedFromDay } == 0)
    #expect(journal.state.withLock { $0.acknowledged.timeMilliseconds } == 0)
    #expect(try await !journal.standing().isRetired, "an ack would say so again")
    try journal.close()
  }

  @Test("a ledger that was begun in a granted epoch is salvaged from that epoch's beginning")
  func grantedEpoch() async throws {
    let fixture = try JournalFixture()
    try Journal.begin(
      GrantedEpoch(epoch: Epoch(2), token: .random()), fixture.configuration())
    let first = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    _ = try await first.authorise(JournalFixture.request(1))
    try first.close()
    try SalvageTests.tamper(fixture, DamagedLedgerTests.wrongHead)
    let salvage = try DamagedLedgerTests.begin(fixture, epoch: 3)
    #expect(salvage?.kept == 2)
    let journal = try fixture.open()
    #expect(
      try await journal.verify() == VerificationReport(records: 3, findings: []))
    #expect(journal.state.withLock { $0.acknowledged.position.epoch } == Epoch(2))
    try journal.close()
  }

  @Test("a close that is the last record before what is kept still holds")
  func closeAtTheStart() async throws {
    let fixture = try await SalvageTests.ledger()
    let first = try fixture.open()
    let day = try await first.closeDay(by: OperatorIdentity(userID: 0, name: "root"))
    try await DamagedLedgerTests.acknowledge(first)
    try first.close()
    try SalvageTests.tamper(fixture, DamagedLedgerTests.wrongHead)
    try SalvageTests.tamper(fixture, "DELETE FROM record WHERE sequence < 6")
    let (journal, salvage) = try Journal.openOrSalvage(fixture.configuration())
    #expect(salvage?.kept == 0)
    #expect(journal.state.withLock { $0.closedUpTo } == day.position)
    #expect(try await journal.closedDays(10).isEmpty)
    try journal.close()
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
    try SalvageTests.tamper(fixture, DamagedLedgerTests.wrongHead)
    try SalvageTests.tamper(fixture, "UPDATE terminal_state SET next_epoch = 1")
    #expect(try DamagedLedgerTests.readable(fixture) == 2)
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
    let salvage = try DamagedLedgerTests.begin(fixture, epoch: 3)
    #expect(salvage?.kept == 1)
    #expect(salvage?.missing == 2)
    #expect(salvage?.end == DamagedLedgerTests.place(4))
    journal = try fixture.open()
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test("records of two older epochs that wait count as one at least")
  func backlogOfEpochs() async throws {
    let fixture = try await SalvageTests.ledger()
    try SalvageTests.tamper(fixture, "DELETE FROM record WHERE sequence = 5")
    try Journal.openOrSalvage(fixture.configuration()).journal.close()
    try SalvageTests.tamper(fixture, DamagedLedgerTests.wrongHead)
    #expect(try DamagedLedgerTests.begin(fixture, epoch: 3)?.kept == 2)
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
    try await DamagedLedgerTests.acknowledge(journal)
    try await journal.apply(
      JournalFixture.page(
        [
          JournalFixture.account(
            1, subsidy: 7500, version: 2, includes: DamagedLedgerTests.place(2))
        ],
        from: 1, to: 2))
    fixture.advance(seconds: 70 * 86_400)
    #expect(try await journal.prune())
    let before = journal.state.withLock { $0.pruned }
    _ = try await journal.authorise(JournalFixture.request(1))
    try journal.close()
    try SalvageTests.tamper(fixture, DamagedLedgerTests.wrongHead)
    let salvaged = try Journal.openOrSalvage(fixture.configuration())
    #expect(salvaged.salvage?.kept == 1)
    #expect(salvaged.journal.state.withLock { $0.pruned } == before)
    #expect(try await salvaged.journal.verify().findings.isEmpty)
    try salvaged.journal.close()
  }

  @Test("on a full disk the ballast makes room for what is saved")
  func fullDisk() async throws {
    let fixture = try await SalvageTests.ledger()
    try SalvageTests.tamper(fixture, DamagedLedgerTests.wrongHead)
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
    let salvage = try DamagedLedgerTests.begin(fixture)
    #expect(salvage?.kept == 2)
    #expect(!LedgerFiles(path: fixture.path).isSuspect)
    #expect(throws: JournalError.alreadyThere(path: fixture.path)) {
      try DamagedLedgerTests.begin(fixture, epoch: 3)
    }
  }

  @Test("a record that cannot be read hides no sale that nobody saw, and keeps nobody out")
  func unreadableBehindAck() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    _ = try await journal.authorise(JournalFixture.request(99))
    try await DamagedLedgerTests.acknowledge(journal)
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
  @Test(
    "what the last ack allowed for a batch is kept within its limits",
    arguments: [(-5, 0), (0, 0), (7, 7), (100_000, WireLimit.recordsPerBatch)])
  func nextSize(stored: Int, kept: Int) async throws {
    let fixture = try await SalvageTests.ledger()
    try SalvageTests.tamper(fixture, DamagedLedgerTests.wrongHead)
    try SalvageTests.tamper(fixture, "UPDATE terminal_state SET next_size = \(stored)")
    let (journal, _) = try Journal.openOrSalvage(fixture.configuration())
    #expect(journal.nextBatchSize == kept)
    try journal.close()
  }

  @Test("what an interrupted attempt left is no part of the new ledger, and makes no ballast")
  func leftover() async throws {
    let fixture = try await SalvageTests.ledger()
    try SalvageTests.tamper(fixture, DamagedLedgerTests.wrongHead)
    for ending in ["", "-wal", "-shm"] {
      try FileManager.default.copyItem(
        atPath: fixture.path, toPath: fixture.path + ".salvaging" + ending)
    }
    errno = EIO  // whatever was wrong before
    try LedgerFiles(path: fixture.path).removeUnfinished()
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path)
        .allSatisfy { !$0.contains(".salvaging") })
    try FileManager.default.copyItem(
      atPath: fixture.path, toPath: fixture.path + ".salvaging")
    let limits = StoreLimits(
      ballast: 1000, readSpace: { _ in DiskSpace(free: 1 << 30, total: 1 << 30) })
    let (journal, salvage) = try Journal.openOrSalvage(
      fixture.configuration(storeLimits: limits))
    #expect(salvage?.kept == 2)
    #expect(!FileManager.default.fileExists(atPath: fixture.path + ".ballast"))
    try journal.close()
  }

  @Test("a granted epoch opens nothing before an interrupted replacement is finished")
  func interruptedBeginning() async throws {
    let fixture = try await SalvageTests.ledger()
    try FileManager.default.copyItem(
      atPath: fixture.path, toPath: fixture.path + ".salvaged-" + SalvageTests.damagedFile)
    try SalvageTests.tamper(fixture, DamagedLedgerTests.wrongHead)
    #expect(throws: JournalError.alreadyThere(path: fixture.path)) {
      try DamagedLedgerTests.begin(fixture, epoch: 3)
    }
    try fixture.open().close()
  }
}
