import CanteenModel
import Foundation
import SQLStore
import SyncProtocol
import Synchronization
import Testing

@testable import SettlementStore

@Suite(.everyStore, .namingStore) struct BooksRecoveryTests {
  @Test("after a power cut between the record and the ack, the same batch gets the same ack")
  func sameAck() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    try terminal.sell(1, subsidy: 1500)
    let books = try await fixture.openFilled(terminal)
    let batch = try terminal.batch()
    let before = try fixture.receipt(try await books.take(batch: batch, from: terminal.id))
    let reopened = try fixture.open(try fixture.image())
    let after = try fixture.receipt(try await reopened.take(batch: batch, from: terminal.id))
    #expect(after.ack == before.ack)
    #expect(after.added == 0)
    let report = try await reopened.report()
    #expect(report.totals.payableFen == 1500)
    #expect(try await reopened.check().isGood)
    try reopened.close()
    try books.close()
  }

  @Test("books whose last record is gone are not opened, and the fault names the record")
  func damaged() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    for _ in 0..<3 { try terminal.sell(1, subsidy: 100) }
    let books = try await fixture.openFilled(terminal)
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    try await books.write { db in _ = try db.execute("DELETE FROM record WHERE sequence = 3") }
    try books.close()
    let fault = "terminal 3, epoch 1: record 3 is missing or is another one"
    #expect(throws: StoreError.damaged(fault)) { try fixture.open() }
  }

  @Test(
    "a log above 4 MiB moves into the file in a quiet moment, and in no other; a server sees to its own"
  )
  func checkpoint() async throws {
    let fixture = try SettlementFixture()
    let books = try await fixture.openFilled()
    books.lastCommit.withLock { $0 -= Books.quietTime }
    #expect(try await books.checkpointIfGrown() == false, "the log is small")
    try await books.write { db in
      _ = try db.execute("INSERT INTO rulebook VALUES (1, ?, 0)", [Data(count: 5_000_000)])
    }
    books.lastCommit.withLock { $0 = .now }
    #expect(try await books.checkpointIfGrown() == false, "a write was just now")
    books.lastCommit.withLock { $0 -= Books.quietTime }
    #expect(try await books.checkpointIfGrown() == (StoreKind.current == .sqlite))
    #expect(try await books.checkpointIfGrown() == false, "the log is empty")
    try books.close()
  }

  @Test("a log that grows without a quiet moment moves all the same, before it takes the disk")
  func busyCheckpoint() async throws {
    let fixture = try SettlementFixture()
    let books = try await fixture.openFilled()
    try await books.write { db in
      _ = try db.execute("INSERT INTO rulebook VALUES (1, ?, 0)", [Data(count: 5_000_000)])
    }
    books.lastCommit.withLock { $0 = .now + .seconds(60) }
    #expect(try await books.checkpointIfGrown(busyAbove: 6_000_000) == false)
    #expect(
      try await books.checkpointIfGrown(busyAbove: 4_000_000) == (StoreKind.current == .sqlite))
    try books.close()
  }

  @Test("what was acknowledged is there after a power cut, before any checkpoint")
  func durable() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    for count in 1...5 {
      try terminal.sell(1, subsidy: 100)
      let answer = try await books.take(
        batch: try terminal.batch(after: count - 1), from: terminal.id)
      terminal.nonce = try fixture.ack(answer).nonce
      let reopened = try fixture.open(try fixture.image())
      #expect(try await reopened.report().totals.payableFen == Int64(count) * 100)
      try reopened.close()
    }
    try books.close()
  }
}
