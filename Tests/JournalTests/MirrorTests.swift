import CanteenModel
import Foundation
import SyncProtocol
import Testing

@testable import Journal

/// The copy of the ledger on a second medium.
@Suite struct MirrorTests {
  @Test("what a lying disk lost comes back from the mirror: records, balances and limits")
  func takenBack() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    let before = try world.files()
    try await world.sell([3, 1], journal)
    let lost = try await journal.newest(2)
    try await journal.copyToMirror()
    #expect(journal.mirrorStanding?.end == Mirrored.place(5))
    try world.crash(journal)
    try world.restore(before)
    let (again, salvage) = try world.open()
    #expect(salvage == nil)
    #expect(try await again.newest(2) == lost)
    #expect(try await again.verify().findings.isEmpty)
    #expect(try await again.standing().unsettledTotal == Fen(4500))
    world.fixture.advance(seconds: 300)
    // Two meals a period: account 1 had them.
    #expect(
      try await again.authorise(JournalFixture.request(1)).declineReason == .countLimit)
    let next = try await again.authorise(JournalFixture.request(3))
    #expect(next.position == Mirrored.place(7))
    try again.close()
  }

  @Test("a closed day and an ack that were lost come back, too")
  func stateTakenBack() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    let before = try world.files()
    try await world.sell([3], journal)
    let clerk = OperatorIdentity(userID: 1000, name: "liu")
    let day = try await journal.closeDay(by: clerk)
    let batch = try await journal.nextBatch(limit: 500, challenge: .random())
    try await world.acknowledge(4, journal, atMilliseconds: JournalFixture.noon + 60_000)
    #expect(batch.facts.count == 3)
    let acknowledged = try await journal.standing().acknowledged
    try await journal.copyToMirror()
    try world.crash(journal)
    try world.restore(before)
    let (again, _) = try world.open()
    #expect(try await again.standing().acknowledged == acknowledged)
    #expect(try await again.standing().unsettledTotal == .zero)
    #expect(try await again.closedDays(10).map(\.position) == [day.position])
    #expect(try await again.verify().findings.isEmpty)
    try again.close()
  }

  @Test("a ledger whose file is gone is begun again from its mirror, in the offered epoch")
  func gone() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    try await world.sell([3], journal)
    try await journal.copyToMirror()
    try world.crash(journal)
    try world.restore([:])
    let (again, salvage) = try world.open()
    #expect(salvage?.kept == 2)
    #expect(salvage?.end == Mirrored.place(4))
    #expect(try await again.standing().position == Mirrored.place(1, epoch: 2))
    #expect(try await again.verify().findings.isEmpty)
    try await again.copyToMirror()
    #expect(again.mirrorStanding?.end == Mirrored.place(1, epoch: 2))
    #expect(try world.names == ["medium.mirror"])
    try again.close()
  }

  @Test("a granted epoch begins with what the mirror has")
  func granted() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    try world.crash(journal)
    try world.restore([:])
    let salvage = try Journal.begin(
      GrantedEpoch(epoch: Epoch(5), token: .random()),
      world.fixture.configuration(mirrorPath: world.path))
    #expect(salvage?.end == Mirrored.place(3))
  }

  @Test("a damaged file gives less than the mirror has: the mirror is read")
  func damaged() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    try await world.sell([3, 4], journal)
    try await journal.copyToMirror()
    try journal.close()
    try world.damage("UPDATE record SET bytes = zeroblob(length(bytes)) WHERE sequence = 4")
    let (again, salvage) = try world.open()
    #expect(salvage?.kept == 3)
    #expect(salvage?.missing == 0)
    #expect(try await again.verify().findings.isEmpty)
    try again.close()
  }

  @Test("what follows a torn entry, or one that another key wrote, is not believed")
  func torn() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    let whole = try Data(contentsOf: URL(filePath: world.path))
    let codec = MirrorCodec(key: SigningKey(), terminal: TerminalID(3))
    let forged = try codec.seal(.record(Mirrored.place(4), [1, 2, 3]), after: .zero).bytes
    try journal.close()
    for tail in [Data([0, 0, 0, 9, 1, 2]), Data(forged), Data([255, 255, 255, 255, 0])] {
      try (whole + tail).write(to: URL(filePath: world.path))
      let (again, _) = try world.open()
      #expect(try await again.standing().position == Mirrored.place(3))
      try await again.copyToMirror()
      #expect(try Data(contentsOf: URL(filePath: world.path)) == whole)
      try again.close()
    }
  }

  @Test("another ledger's mirror is put aside and kept, and a new one begins")
  func apart() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    let before = try world.files()
    try await world.sell([3], journal)
    try await journal.copyToMirror()
    try world.crash(journal)
    try world.restore(before)
    // The medium is away while the terminal sells something else.
    try FileManager.default.moveItem(atPath: world.folder, toPath: world.folder + "-away")
    let (alone, _) = try world.open()
    #expect(alone.mirrorStanding?.fault != nil, "there is no folder")
    try await world.sell([4], alone)
    try FileManager.default.moveItem(atPath: world.folder + "-away", toPath: world.folder)
    try await alone.copyToMirror()
    let standing = try #require(alone.mirrorStanding)
    #expect(standing.fault == nil)
    #expect(standing.end == Mirrored.place(4))
    #expect(standing.aside?.contains(".aside-") == true)
    #expect(try world.names.count == 2)
    try alone.close()
  }

  @Test("a medium that comes back with more than the ledger has waits for a restart")
  func comesBack() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    let before = try world.files()
    try await world.sell([3], journal)
    try await journal.copyToMirror()
    try world.crash(journal)
    try world.restore(before)
    try FileManager.default.moveItem(atPath: world.folder, toPath: world.folder + "-away")
    let (alone, _) = try world.open()
    try FileManager.default.moveItem(atPath: world.folder + "-away", toPath: world.folder)
    try await alone.copyToMirror()
    #expect(alone.mirrorStanding?.fault?.contains("restart canteend") == true)
    try alone.close()
    let (again, _) = try world.open()
    #expect(try await again.standing().position == Mirrored.place(4))
    try again.close()
  }

  @Test("a mirror goes on where it ended, and the ledger's own disk is named")
  func goesOn() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    #expect(journal.mirrorStanding?.isOnSameDisk == true)
    try journal.close()
    let (again, _) = try world.open()
    try await world.sell([3], again)
    try await again.copyToMirror()
    try again.close()
    let file = MirrorFile(
      path: world.path, terminal: TerminalID(3), key: world.fixture.key)
    var positions: [JournalPosition] = []
    let scan = try #require(try file.scan { place, _ in positions.append(place.position) })
    #expect(positions == (1...4).map { Mirrored.place($0) })
    #expect(scan.acknowledged?.position == Mirrored.place(2))
  }

  @Test("a file that somebody removed is noticed, and begun anew")
  func removed() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    try FileManager.default.removeItem(atPath: world.path)
    try await world.sell([3], journal)
    try await journal.copyToMirror()
    #expect(journal.mirrorStanding?.fault?.contains("is gone") == true)
    try await journal.copyToMirror()
    #expect(journal.mirrorStanding?.fault == nil)
    #expect(journal.mirrorStanding?.end == Mirrored.place(4))
    try journal.close()
  }

  @Test("what is no longer in the ledger leaves the mirror, once it is worth the trouble")
  func shortened() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    try journal.close()
    let key = world.fixture.key
    let file = MirrorFile(path: world.path, terminal: TerminalID(3), key: key)
    var heads: [JournalPosition: Digest32] = [:]
    let scan = try #require(try file.scan { place, _ in heads[place.position] = place.head })
    var writer = try MirrorWriter(resuming: scan, file)
    #expect(!writer.isWorthShortening)
    let start = ChainPlace(
      position: Mirrored.place(2), head: try #require(heads[Mirrored.place(2)]))
    writer = try writer.shortened(to: start)
    let short = try #require(try file.scan())
    #expect(short.beginning == start)
    #expect(short.end == scan.end)
    #expect(short.acknowledged == scan.acknowledged)
  }
}
