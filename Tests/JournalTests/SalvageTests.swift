import CanteenModel
import Foundation
import GRDB
import SyncProtocol
import Testing

@testable import Journal

/// What a terminal does with a ledger that is damaged when it is opened.
@Suite struct SalvageTests {
  static let damagedFile = "ledger.sqlite.damaged-20261123T040300Z"

  /// A closed ledger: two sales that the centre acknowledged, then two that it did not, each of ¥15.00
  /// and a minute apart. Records 2 to 5.
  static func ledger() async throws -> JournalFixture {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([
      JournalFixture.account(1, subsidy: 9000), JournalFixture.account(2, subsidy: 4000),
    ])
    for number in [1, 2] as [Int64] {
      _ = try await journal.authorise(JournalFixture.request(number))
    }
    let position = JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(3))
    let head = try #require(try await journal.head(at: position))
    try await journal.store(
      AckFacts(
        terminal: TerminalID(3), position: position, head: head, nonce: .random(),
        challenge: .random(), timeMilliseconds: JournalFixture.noon, nextSize: 500,
        nextEpoch: Epoch(2), epochToken: .random()))
    for number in [1, 2] as [Int64] {
      fixture.advance(seconds: 90)
      _ = try await journal.authorise(JournalFixture.request(number))
    }
    try journal.close()
    return fixture
  }

  static func tamper(_ fixture: JournalFixture, _ sql: String) throws {
    let queue = try DatabaseQueue(path: fixture.path)
    try queue.inDatabase { db in try db.execute(sql: sql) }
    try queue.close()
  }

  @Test(
    "what links is kept in the next epoch, the damaged file stays, and the terminal sells on",
    arguments: [
      ("UPDATE terminal_state SET head = zeroblob(32)", 2, 0),
      ("UPDATE terminal_state SET acked_head = zeroblob(32)", 2, 0),
      ("UPDATE terminal_state SET sequence = 4", 2, 0),
      // As a flipped bit in the table's definition would have it.
      ("ALTER TABLE hold RENAME COLUMN granted_fen TO granted_fem", 2, 0),
      ("DELETE FROM record WHERE sequence = 5", 1, 1),
      ("UPDATE record SET head = zeroblob(32) WHERE sequence = 5", 1, 1),
      ("UPDATE record SET bytes = zeroblob(length(bytes)) WHERE sequence = 4", 0, 2),
    ])
  func salvages(sql: String, kept: Int, missing: Int) async throws {
    let fixture = try await Self.ledger()
    try Self.tamper(fixture, sql)
    let (journal, salvage) = try Journal.openOrSalvage(fixture.configuration())
    #expect(
      salvage
        == Salvage(
          file: Self.damagedFile, kept: kept, missing: missing,
          end: JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(UInt64(3 + kept)))))
    #expect(try await journal.standing().salvage == salvage)
    #expect(try await journal.verify().findings.isEmpty)
    #expect(
      FileManager.default.fileExists(
        atPath: fixture.folder.appending(path: Self.damagedFile).path))
    fixture.advance(seconds: 90)
    let next = try await journal.authorise(JournalFixture.request(1))
    // Two meals a period: account 1 had its second in record 4.
    #expect(next.isApproved == (kept == 0))
    #expect(next.position == JournalPosition(epoch: Epoch(2), sequence: SequenceNumber(2)))
    #expect(try await journal.standing().unsynced == kept + 2)
    let batch = try await journal.nextBatch(limit: 500, challenge: .random())
    #expect(batch.facts.epoch == Epoch(kept == 0 ? 2 : 1))
    #expect(batch.facts.count == (kept == 0 ? 2 : kept))
    try journal.close()
  }

  @Test("the first record of the epoch names the last record that was kept")
  func opening() async throws {
    let fixture = try await Self.ledger()
    try Self.tamper(fixture, "DELETE FROM record WHERE sequence = 5")
    let (journal, _) = try Journal.openOrSalvage(fixture.configuration())
    let last = JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(4))
    let head = try #require(try await journal.head(at: last))
    let opened = try #require(try await journal.newest(1).first)
    #expect(
      opened.record.body == .epochOpened(EpochOpened(previous: last, previousHead: head)))
    try journal.close()
  }

  @Test(
    "a token that was used once serves no second damaged ledger: the centre must grant an epoch")
  func twice() async throws {
    let fixture = try await Self.ledger()
    try Self.tamper(fixture, "DELETE FROM record WHERE sequence = 5")
    try Journal.openOrSalvage(fixture.configuration()).journal.close()
    try Self.tamper(fixture, "UPDATE terminal_state SET head = zeroblob(32)")
    #expect {
      try Journal.openOrSalvage(fixture.configuration())
    } throws: { error in
      // The salvaged sale and the epoch's first record.
      if case JournalError.needsEpoch(_, readable: 2) = error { true } else { false }
    }
    #expect(FileManager.default.fileExists(atPath: fixture.path))
    #expect(throws: JournalError.epochTaken(Epoch(2))) {
      try Journal.begin(
        GrantedEpoch(epoch: Epoch(2), token: .random()), fixture.configuration())
    }
    let salvage = try Journal.begin(
      GrantedEpoch(epoch: Epoch(3), token: .random()), fixture.configuration())
    #expect(salvage?.kept == 2)
    #expect(salvage?.file == Self.damagedFile + "-2")
    let journal = try fixture.open()
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test("a replacement that a crash interrupted is finished by the next opening")
  func interrupted() async throws {
    let fixture = try await Self.ledger()
    try Self.tamper(fixture, "DELETE FROM record WHERE sequence = 5")
    try Journal.openOrSalvage(fixture.configuration()).journal.close()
    let damaged = fixture.folder.appending(path: Self.damagedFile).path
    let manager = FileManager.default
    // As it was when the new ledger was whole and nothing else was renamed yet.
    try manager.moveItem(
      atPath: fixture.path, toPath: fixture.path + ".salvaged-" + Self.damagedFile)
    try manager.moveItem(atPath: damaged, toPath: fixture.path)
    #expect(manager.createFile(atPath: fixture.path + "-wal", contents: Data([1])))
    let (journal, salvage) = try Journal.openOrSalvage(fixture.configuration())
    #expect(salvage == nil, "it was saved before")
    #expect(try await journal.standing().position.epoch == Epoch(2))
    #expect(manager.fileExists(atPath: damaged))
    #expect(manager.fileExists(atPath: damaged + "-wal"))
    try journal.close()
  }

  @Test(
    "damage that only selling meets stops the terminal, and the next start puts the ledger aside")
  func foundInUse() async throws {
    let fixture = try await Self.ledger()
    let queue = try DatabaseQueue(path: fixture.path)
    let page = try await queue.read { db in
      try Int64.fetchOne(
        db, sql: "SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = 'sale'")
    }
    try queue.close()
    let file = try #require(FileHandle(forUpdatingAtPath: fixture.path))
    try file.seek(toOffset: UInt64((try #require(page) - 1) * 4096))
    try file.write(contentsOf: Data(count: 4096))
    try file.close()
    let stopped = try Journal.openOrSalvage(fixture.configuration())
    #expect(stopped.salvage == nil, "opening does not read the table")
    fixture.advance(seconds: 90)
    await #expect(throws: JournalError.self) {
      try await stopped.journal.authorise(JournalFixture.request(2))
    }
    #expect(stopped.journal.hasFailed)
    try fixture.crash(stopped.journal)
    let (journal, salvage) = try Journal.openOrSalvage(fixture.configuration())
    #expect(salvage?.kept == 2)
    #expect(
      try await journal.authorise(JournalFixture.request(2)).diner?.available.subsidy == Fen(1000))
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
    #expect(try Journal.openOrSalvage(fixture.configuration()).salvage == nil)
  }

  @Test("another terminal's ledger, and one of a newer version, are left alone")
  func leftAlone() async throws {
    let fixture = try await Self.ledger()
    #expect(throws: JournalError.belongsToAnotherTerminal(TerminalID(3))) {
      try Journal.openOrSalvage(fixture.configuration(terminal: 4))
    }
    try Self.tamper(fixture, "PRAGMA user_version = 99")
    #expect(throws: JournalError.fromNewerVersion(schema: 99)) {
      try Journal.openOrSalvage(fixture.configuration())
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path)
    #expect(!names.contains { $0.contains("damaged") || $0.contains("salvag") })
  }
}
