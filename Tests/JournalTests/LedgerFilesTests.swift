import CanteenModel
import Foundation
import GRDB
import Glibc
import LedgerDisk
import RecordingDisk
import SyncProtocol
import Synchronization
import Testing

@testable import Journal

/// Files and disks that refuse, and what is said about it.
@Suite struct LedgerFilesTests {
  private static func isUnusable(_ error: any Error) -> Bool {
    if case JournalError.unusable = error { true } else { false }
  }

  /// From now on the process can open so many more files.
  ///
  /// - Returns: What takes the place of the others.
  fileprivate static func leaveDescriptors(_ count: Int) -> [Int32] {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = 128
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    var taken: [Int32] = []
    while true {
      let next = open("/dev/null", O_RDONLY)
      guard next >= 0 else { break }
      taken.append(next)
    }
    for descriptor in taken.suffix(count) { close(descriptor) }
    return taken.dropLast(count)
  }

  @Test("an unfinished ledger that cannot be removed keeps the damaged one where it is")
  func cannotRemove() async throws {
    let fixture = try await SalvageTests.ledger()
    try SalvageTests.tamper(fixture, "UPDATE terminal_state SET head = zeroblob(32)")
    try FileManager.default.createDirectory(
      atPath: fixture.path + ".salvaging", withIntermediateDirectories: false)
    #expect {
      try Journal.openOrSalvage(fixture.configuration())
    } throws: { error in
      if case JournalError.unusable(EISDIR, _) = error { true } else { false }
    }
    #expect(FileManager.default.fileExists(atPath: fixture.path))
    try FileManager.default.removeItem(atPath: fixture.path + ".salvaging")
    let (journal, salvage) = try Journal.openOrSalvage(fixture.configuration())
    #expect(salvage?.kept == 2)
    try journal.close()
  }

  @Test("a replacement that cannot be finished is told, and finished when it can be")
  func cannotRename() async throws {
    let fixture = try await SalvageTests.ledger()
    let whole = fixture.path + ".salvaged-" + SalvageTests.damagedFile
    let target = fixture.folder.appending(path: SalvageTests.damagedFile).path
    try FileManager.default.copyItem(atPath: fixture.path, toPath: whole)
    try FileManager.default.createDirectory(
      atPath: target, withIntermediateDirectories: false)
    #expect(
      performing: { try Journal.openOrSalvage(fixture.configuration()) }, throws: Self.isUnusable)
    #expect(FileManager.default.fileExists(atPath: whole))
    try FileManager.default.removeItem(atPath: target)
    let (journal, salvage) = try Journal.openOrSalvage(fixture.configuration())
    #expect(salvage == nil)
    #expect(FileManager.default.fileExists(atPath: target))
    #expect(!FileManager.default.fileExists(atPath: whole))
    try journal.close()
  }

  @Test("where there is no folder there is nothing to finish")
  func noFolder() throws {
    let fixture = try JournalFixture()
    try LedgerFiles(path: fixture.path + "/nowhere/ledger.sqlite").finish()
    #expect(LedgerFiles.folder(of: "ledger.sqlite") == ".")
    #expect(LedgerFiles.folder(of: "/var/ledger.sqlite") == "/var")
  }

  @Test("a ledger beside which nothing can be noted is not begun")
  func cannotMark() throws {
    let fixture = try JournalFixture()
    try FileManager.default.createSymbolicLink(
      atPath: fixture.path + ".begun", withDestinationPath: "nowhere/at/all")
    #expect(performing: { try fixture.open() }, throws: Self.isUnusable)
  }

  @Test("a folder that cannot be opened is told with its errno", arguments: [0, 1])
  func noDescriptors(count: Int) async throws {
    await #expect(processExitsWith: .success) { [count] in
      // Inherited from a test with virtual readers: umockdev aborts where it finds no descriptor for itself.
      unsafe unsetenv("UMOCKDEV_DIR")
      let fixture = try JournalFixture()
      let configuration = fixture.configuration()
      // A thread of the library's may give a descriptor back at that moment: then it is tried anew.
      for _ in 0..<50 {
        // try?: the first time there is none.
        try? FileManager.default.removeItem(atPath: fixture.path + ".begun")
        let files = LedgerFiles(path: fixture.path)
        #expect(FileManager.default.createFile(atPath: files.unfinished, contents: nil))
        let taken = LedgerFilesTests.leaveDescriptors(count)
        var told: [JournalError] = []
        do { try Journal.markBegun(configuration) } catch { told.append(JournalError(error)) }
        if count == 0 {
          do { try files.replace(calling: "damaged") } catch { told.append(JournalError(error)) }
        }
        for descriptor in taken { close(descriptor) }
        let codes = told.map { error in
          if case .unusable(EMFILE, _) = error { true } else { false }
        }
        if codes == (count == 0 ? [true, true] : [true]) { exit(0) }
      }
      exit(1)
    }
  }

  @Test("a path without a folder is one in the working directory")
  func relativePath() async throws {
    await #expect(processExitsWith: .success) {
      let fixture = try JournalFixture()
      chdir(fixture.folder.path)
      let clock = fixture.configuration().readClock
      let configuration = Journal.Configuration(
        path: "ledger.sqlite", terminal: TerminalID(3), key: fixture.key, bootID: "boot",
        clockFloorMilliseconds: 0, readClock: clock)
      try Journal.openOrSalvage(configuration).journal.close()
      exit(FileManager.default.fileExists(atPath: fixture.path + ".begun") ? 0 : 1)
    }
  }

  @Test("a log that cannot be written again, or a lock that somebody has, is told as such")
  func refused() async throws {
    let fixture = try JournalFixture()
    let recorder = Recorder(folder: fixture.folder.path)
    defer { recorder.end() }
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    #expect {
      try fixture.open()
    } throws: { error in
      error as? JournalError == .unusable(code: 5, "another process has it open")
    }
    _ = try await journal.authorise(JournalFixture.request(1))
    recorder.kill()
    try? fixture.crash(journal)  // the dead disk refuses what a clean end does
    recorder.revive()
    recorder.plan(DiskFault(call: .sync, number: 1, error: .ioError, isLasting: false))
    #expect {
      try fixture.open()
    } throws: { error in
      error as? JournalError == .unusable(code: 1034, "its log could not be written again")
    }
    let log = fixture.path + "-wal"
    #expect(try FileManager.default.attributesOfItem(atPath: log)[.size] as? Int != 0)
    let again = try fixture.open()
    // What opening writes comes behind an empty log: two frames of a page each.
    let size = try FileManager.default.attributesOfItem(atPath: log)[.size] as? Int
    #expect(try #require(size) < 10_000)
    #expect(try await again.standing().position.sequence == SequenceNumber(2))
    try again.close()
  }

  @Test("a ledger whose closing the disk refuses says so, and is open for the next start")
  func closing() async throws {
    let fixture = try JournalFixture()
    let recorder = Recorder(folder: fixture.folder.path)
    defer { recorder.end() }
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    _ = try await journal.authorise(JournalFixture.request(1))
    recorder.plan(DiskFault(call: .write, number: 1, error: .ioError, isLasting: true))
    #expect(performing: { try journal.close() }, throws: Self.isUnusable)
    recorder.plan(nil)
    let again = try fixture.open()
    #expect(try await again.authorise(JournalFixture.request(1)).isShownAgain)
    try again.close()
  }

  @Test(
    "a disk that refuses the new ledger leaves the damaged one as it was", arguments: [1, 4, 9])
  func refusedSalvage(number: Int) async throws {
    let fixture = try await SalvageTests.ledger()
    try SalvageTests.tamper(fixture, "UPDATE terminal_state SET head = zeroblob(32)")
    let recorder = Recorder(folder: fixture.folder.path)
    defer { recorder.end() }
    recorder.plan(DiskFault(call: .write, number: number, error: .ioError, isLasting: true))
    #expect(
      performing: { try Journal.openOrSalvage(fixture.configuration()) }, throws: Self.isUnusable)
    recorder.plan(nil)
    let (journal, salvage) = try Journal.openOrSalvage(fixture.configuration())
    #expect(salvage?.kept == 2)
    try journal.close()
  }

  @Test("what SQLite says is told with its code, and damage as damage")
  func conversion() {
    #expect(
      JournalError(DatabaseError(resultCode: .SQLITE_CORRUPT))
        == .damaged("database disk image is malformed"))
    #expect(
      JournalError(DatabaseError(resultCode: .SQLITE_NOTADB, message: "no")) == .damaged("no"))
    #expect(
      JournalError(DatabaseError(resultCode: .SQLITE_IOERR_FSYNC))
        == .unusable(code: 1034, "disk I/O error"))
    #expect(
      JournalError(DatabaseError(resultCode: .SQLITE_FULL, message: "full"))
        == .unusable(code: 13, "full"))
    #expect(JournalError(CancellationError()) == .requestFailed("CancellationError()"))
  }

  @Test("a value of another type than the schema's is damage, and stops nothing")
  func values() throws {
    try DatabaseQueue().inDatabase { db in
      let row = try #require(
        try Row.fetchOne(
          db, sql: "SELECT NULL AS a, 'text' AS b, zeroblob(31) AS c, zeroblob(32) AS d, 7 AS e"))
      let damage = { (text: String) in JournalError.damaged(text) }
      #expect(throws: damage("column 0 of a row holds what it cannot hold")) {
        let _: Int = try row.value(0)
      }
      #expect(throws: damage("b holds what it cannot hold")) { let _: Int = try row.value("b") }
      #expect(throws: damage("e holds what it cannot hold")) { try row.bytes("e") }
      #expect(throws: damage("a is empty")) { try row.head("a") }
      #expect(throws: damage("c has not 32 bytes")) { try row.head("c") }
      #expect(try row.head("d") == .zero)
      #expect(try row.optionalHead("a") == nil)
      #expect(try row.value("e") == 7)
      do {
        let _: Int = try row.decode(Int.self, atIndex: 0)
      } catch {
        guard case .damaged = JournalError(error) else {
          Issue.record("\(error)")
          return
        }
      }
    }
  }

  @Test("a journal says whose it is, and what the centre last said")
  func names() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    #expect(journal.terminal == TerminalID(3))
    #expect(journal.key.publicKey == fixture.key.publicKey)
    #expect(journal.storedNonce == nil)
    #expect(journal.hasBacklog)
    #expect(journal.waitingRequests == 0)
    #expect(journal.nextBatchSize == WireLimit.recordsPerBatch)
    let batch = try await journal.nextBatch(limit: 500, challenge: .random())
    let ack = SyncTests.ack(batch.facts, head: batch.facts.head)
    try await journal.store(ack)
    #expect(journal.storedNonce == ack.nonce)
    #expect(!journal.hasBacklog)
    #expect(journal.nextBatchSize == ack.nextSize)
    try journal.close()
  }

  @Test("an answer to another question is a mistake of the caller, and stops the process")
  func foreignAnswer() async throws {
    await #expect(processExitsWith: .failure) {
      let fixture = try JournalFixture()
      let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
      let asked = HoldRequest(
        terminal: TerminalID(3), id: HoldID(.random()), account: AccountID(1), asked: Fen(1),
        least: Fen(1), ownSales: [], echoedNonce: nil, challenge: .random())
      let answer = HoldAnswer(
        terminal: TerminalID(3), id: HoldID(.random()), verdict: .granted(Fen(1)), account: nil,
        challenge: asked.challenge, timeMilliseconds: 0)
      _ = try await journal.authorise(JournalFixture.request(1), asked: asked, answer: answer)
    }
  }
}
