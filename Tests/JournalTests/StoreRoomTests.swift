import CanteenModel
import Foundation
import LedgerDisk
import SyncProtocol
import Synchronization
import Testing

@testable import Journal

/// A disk whose free space a test sets.
private final class SizedDisk: Sendable {
  static let megabyte: Int64 = 1024 * 1024
  private let free: Mutex<Int64>

  init(freeMegabytes: Int64) { free = Mutex(freeMegabytes * Self.megabyte) }

  func set(freeMegabytes: Int64) { free.withLock { $0 = freeMegabytes * Self.megabyte } }

  /// A ballast of 32 KiB, so that the tests write little; of 1000 MiB 5 % are 50 MiB.
  var limits: StoreLimits {
    StoreLimits(
      ballast: 32 * 1024,
      readSpace: { _ in
        DiskSpace(free: self.free.withLock { $0 }, total: 1000 * Self.megabyte)
      })
  }
}

@Suite struct StoreRoomTests {
  private static let megabyte = SizedDisk.megabyte

  @Test(
    "selling stops below 64 MiB or 5 % of the disk, whichever is more",
    arguments: [
      (64, 1000, false), (63, 1000, true), (100, 2000, false), (99, 2000, true),
      (1600, 32_000, false), (1599, 32_000, true),
    ])
  func limits(free: Int64, total: Int64, isFull: Bool) {
    var room = StoreRoom(StoreLimits())
    let space = DiskSpace(free: free * Self.megabyte, total: total * Self.megabyte)
    let action = room.look(at: space, hasBallast: true)
    #expect(room.isFull == isFull)
    #expect(action == (isFull ? .releaseBallast : nil))
  }

  @Test("selling begins again only when there is room for a new ballast", arguments: [95, 96])
  func again(free: Int64) {
    var room = StoreRoom(StoreLimits())
    let total = 1000 * Self.megabyte
    _ = room.look(at: DiskSpace(free: 10 * Self.megabyte, total: total), hasBallast: true)
    let action = room.look(
      at: DiskSpace(free: free * Self.megabyte, total: total), hasBallast: false)
    #expect(action == (free == 96 ? .makeBallast : nil))
    #expect(room.isFull)
    room.ballastWasMade()
    #expect(!room.isFull)
  }

  @Test("a full disk refuses sales with 012 and writes nothing for them; settling goes on")
  func full() async throws {
    let fixture = try JournalFixture()
    let disk = SizedDisk(freeMegabytes: 500)
    let journal = try fixture.open(storeLimits: disk.limits)
    let ballast = fixture.path + ".ballast"
    try await journal.apply(
      JournalFixture.page(
        [
          JournalFixture.account(1, subsidy: 9000), JournalFixture.account(2, subsidy: 9000),
          JournalFixture.account(3, subsidy: 1),
        ], from: 0, to: 1, rulebook: JournalFixture.rulebook))
    journal.lookAtRoom()
    #expect(try fixture.bytes(of: ballast) == 32 * 1024)
    #expect(try await journal.authorise(JournalFixture.request(1)).isApproved)

    disk.set(freeMegabytes: 60)
    journal.lookAtRoom()
    #expect(journal.isStoreFull)
    #expect(!FileManager.default.fileExists(atPath: ballast))
    let refused = try await journal.authorise(JournalFixture.request(2))
    #expect(refused.declineReason == .storeFull)
    #expect(
      try await journal.authorise(JournalFixture.request(3)).declineReason == .insufficientBalance)
    #expect(try await journal.authorise(JournalFixture.request(1)).isShownAgain)
    #expect(try await journal.standing().position.sequence == SequenceNumber(2))
    let batch = try await journal.nextBatch(limit: 500, challenge: .random())
    try await journal.store(SyncTests.ack(batch.facts, head: batch.facts.head))
    try await journal.apply(
      JournalFixture.page([JournalFixture.account(2, subsidy: 8000, version: 2)], from: 1, to: 2))

    disk.set(freeMegabytes: 500)
    journal.lookAtRoom()
    #expect(!journal.isStoreFull)
    #expect(FileManager.default.fileExists(atPath: ballast))
    #expect(try await journal.authorise(JournalFixture.request(2)).isApproved)
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test("a ledger that is opened on a full disk throws its ballast off before it writes")
  func opening() async throws {
    let fixture = try JournalFixture()
    let disk = SizedDisk(freeMegabytes: 500)
    var journal = try fixture.open(storeLimits: disk.limits)
    journal.lookAtRoom()
    try journal.close()
    disk.set(freeMegabytes: 0)
    journal = try fixture.open(storeLimits: disk.limits)
    #expect(journal.isStoreFull)
    #expect(!FileManager.default.fileExists(atPath: fixture.path + ".ballast"))
    try journal.close()
  }

  @Test("the free space is looked at while selling, without waiting for housekeeping")
  func whileSelling() async throws {
    let fixture = try JournalFixture()
    let disk = SizedDisk(freeMegabytes: 500)
    let journal = try fixture.open(storeLimits: disk.limits)
    try await journal.apply(
      JournalFixture.page([], from: 0, to: 1, rulebook: JournalFixture.rulebook))
    disk.set(freeMegabytes: 1)
    for number in UInt16(2)...64 {
      // Two lanes in turn: equal refusals would be folded.
      _ = try await journal.authorise(JournalFixture.request(9, lane: number % 2))
    }
    // The look comes after the answer, on the connection's queue.
    _ = try await journal.newest(1)
    #expect(journal.isStoreFull)
    try journal.close()
  }

  @Test("a ballast for which there is no room leaves nothing behind")
  func noRoom() throws {
    let fixture = try JournalFixture()
    let ballast = Ballast(path: fixture.path + ".ballast", bytes: 1 << 60)
    #expect(!ballast.make())
    #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path).isEmpty)
  }
}

extension JournalFixture {
  fileprivate func open(storeLimits: StoreLimits) throws -> Journal {
    try Journal(configuration(storeLimits: storeLimits))
  }

  fileprivate func bytes(of path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
  }
}
