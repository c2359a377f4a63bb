import CanteenModel
import Foundation
import SyncProtocol
import Synchronization
import Testing

@testable import Journal

/// What a ledger knows beside its records when those come from the mirror.
@Suite struct MirrorStateTests {
  private static let clerk = OperatorIdentity(userID: 1000, name: "liu")

  @Test("what only the file can say of the terminal is kept, and the last sale may be unlit")
  func ofTheFile() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    let closed = try await journal.closeDay(by: Self.clerk).position
    try await world.sell([3], journal)
    try await journal.copyToMirror()
    let before = journal.state.withLock { $0 }
    try world.crash(journal)
    try world.damage("UPDATE record SET bytes = zeroblob(length(bytes)) WHERE sequence = 4")
    let (again, salvage) = try world.open()
    #expect(salvage?.end == Mirrored.place(5))
    let after = again.state.withLock { $0 }
    #expect(after.place == JournalFixture.place)
    #expect(after.closedUpTo == closed)
    #expect(after.bootStart == before.bootStart)
    #expect(!after.isRetired)
    // A mirror does not know what was shown: the last sale is shown again.
    world.fixture.advance(seconds: 90)
    #expect(try await again.authorise(JournalFixture.request(3)).isShownAgain)
    try again.close()
  }

  @Test(
    "without a file the terminal has no place, is not retired and sells what the centre feeds it")
  func withoutTheFile() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    try await world.sell([3], journal)
    try await journal.copyToMirror()
    try world.crash(journal)
    try world.restore([:])
    let (again, _) = try world.open()
    let state = again.state.withLock { $0 }
    #expect(state.place == nil)
    #expect(!state.isRetired)
    try again.close()
  }

  @Test("records that the file names and nobody has any more are missing")
  func missing() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    try await world.sell([3], journal)
    try await journal.copyToMirror()
    try await world.sell([4, 5], journal)
    try journal.close()
    try world.damage("UPDATE record SET bytes = zeroblob(length(bytes)) WHERE sequence = 4")
    let (again, salvage) = try world.open()
    #expect(salvage?.end == Mirrored.place(4))
    #expect(salvage?.missing == 2)
    try again.close()
  }

  @Test("a mirror that goes no further than the file is not read: its ack may be older")
  func equallyFar() async throws {
    let world = try Mirrored()
    let (journal, _) = try world.open()
    try await journal.apply(
      JournalFixture.page(
        [JournalFixture.account(1, subsidy: 9000)], from: 0, to: 1,
        rulebook: JournalFixture.rulebook))
    try await world.sell([1], journal)
    try await journal.copyToMirror()
    try await world.acknowledge(2, journal, atMilliseconds: JournalFixture.noon)
    try world.crash(journal)
    try world.damage("UPDATE terminal_state SET head = zeroblob(32)")
    let (again, salvage) = try world.open()
    #expect(salvage?.end == Mirrored.place(2))
    try again.close()
  }

  @Test("an ack comes back also where no record was lost")
  func ackAlone() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    let before = try world.files()
    try await world.acknowledge(3, journal, atMilliseconds: JournalFixture.noon + 60_000)
    let acknowledged = try await journal.standing().acknowledged
    try await journal.copyToMirror()
    try world.crash(journal)
    try world.restore(before)
    let (again, _) = try world.open()
    #expect(try await again.standing().acknowledged == acknowledged)
    #expect(try await again.standing().unsettledTotal == .zero)
    try again.close()
  }

  @Test(
    "of an amount from which a lost sale took, nothing is spent again", arguments: [true, false])
  func lease(isLost: Bool) async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    let hold = HoldID(.random())
    try await journal.write { db, draft in
      let request = HoldRequest(
        terminal: TerminalID(3), id: hold, account: AccountID(1), asked: Fen(500),
        least: Fen(500), ownSales: [], echoedNonce: nil, challenge: .random())
      try HoldRows.insert(request, isLease: true, db)
      try HoldRows.grant(Fen(500), to: hold, db)
      draft.openHolds += 1
    }
    let before = try world.files()
    if isLost {
      try await world.sell([3], journal)
    } else {
      try await world.acknowledge(3, journal, atMilliseconds: JournalFixture.noon + 60_000)
    }
    try await journal.copyToMirror()
    try world.crash(journal)
    try world.restore(before)
    let (again, _) = try world.open()
    let rests = try await again.read { db in try HoldRows.rests(of: AccountID(1), db) }
    #expect(rests == (isLost ? [] : [HoldSpend(hold: hold, amount: Fen(500))]))
    try again.close()
  }

  @Test("a medium that cannot be read is left as it is")
  func unreadable() async throws {
    let world = try Mirrored()
    try FileManager.default.createDirectory(
      atPath: world.path, withIntermediateDirectories: false)
    let (journal, _) = try world.open()
    #expect(journal.mirrorStanding?.aside == nil)
    #expect(try world.names == ["medium.mirror"])
    try journal.close()
  }
}
