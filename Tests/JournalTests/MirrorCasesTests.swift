import CanteenModel
import Foundation
import SyncProtocol
import Synchronization
import Testing

@testable import Journal

/// Mirrors and ledgers that went different ways.
@Suite struct MirrorCasesTests {
  @Test("holds, refunds and refusals that were lost come back, and what nobody uses is given back")
  func holdsTakenBack() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    let clerk = OperatorIdentity(userID: 1000, name: "liu")
    let kept = try await journal.askRefund(
      of: TerminalID(4), epoch: nil, sequence: SequenceNumber(7), amount: nil)
    let asked = try await journal.askRefund(
      of: TerminalID(4), epoch: nil, sequence: SequenceNumber(8), amount: nil)
    let before = try world.files()
    _ = try await journal.refund(asked: asked, answer: nil, by: clerk, note: "")
    let grant = try RefundHoldAnswer.Grant(
      original: Mirrored.place(7), originalID: .random(), account: AccountID(1),
      slot: MealKey(day: 20_780, period: 2),
      returns: [Spend(purse: .subsidy, tranche: .none, amount: Fen(1500))])
    let answer = RefundHoldAnswer(
      terminal: kept.terminal, id: kept.id, verdict: .granted(grant), challenge: kept.challenge,
      timeMilliseconds: JournalFixture.noon)
    _ = try await journal.refund(asked: kept, answer: answer, by: clerk, note: "")
    let sale = try await journal.authorise(JournalFixture.request(1)).position
    _ = try await journal.correct(
      CorrectionRequest(kind: .void, original: sale, amount: nil, by: clerk, note: ""))
    _ = try await journal.authorise(JournalFixture.request(99))
    try await journal.copyToMirror()
    let records = try await journal.newest(100)
    try world.crash(journal)
    try world.restore(before)
    let (again, salvage) = try world.open()
    #expect(salvage == nil)
    #expect(try await again.newest(100) == records)
    #expect(again.state.withLock { $0.openHolds } == 0)
    #expect(try await again.verify().findings.isEmpty)
    try again.close()
  }

  @Test("what a salvaged record gave back is not given back again")
  func releasedOnce() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    let asked = try await journal.askRefund(
      of: TerminalID(4), epoch: nil, sequence: SequenceNumber(8), amount: nil)
    let before = try world.files()
    _ = try await journal.refund(
      asked: asked, answer: nil, by: OperatorIdentity(userID: 0, name: "root"), note: "")
    try await journal.copyToMirror()
    try world.crash(journal)
    try world.restore(before)
    try world.damage("UPDATE terminal_state SET head = zeroblob(32)")
    let (again, salvage) = try world.open()
    #expect(salvage?.end == Mirrored.place(4))
    let released = try await again.newest(100).filter { entry in
      if case .holdReleased = entry.record.body { true } else { false }
    }
    #expect(released.count == 1)
    try again.close()
  }

  @Test("a hold that a lost sale took from is given back by a record")
  func spentHold() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    let before = try world.files()
    let hold = HoldID(.random())
    let time = RecordTime(
      wallMilliseconds: JournalFixture.noon + 600_000, bootMilliseconds: 1, isTrusted: true)
    let paid = try await journal.newest(1)
    guard case .sale(let earlier) = paid[0].record.body else {
      Issue.record("the newest record is no sale")
      return
    }
    let spend = HoldSpend(hold: hold, amount: earlier.total)
    let sale = try SaleRecord(
      account: earlier.account, lane: earlier.lane, medium: earlier.medium, mode: earlier.mode,
      slot: earlier.slot, spends: earlier.spends, place: .online,
      rulebookVersion: earlier.rulebookVersion, holds: [spend])
    _ = try await journal.write { db, draft in
      let position = try journal.append(
        JournalRecord(time: time, body: .sale(sale)), &draft, db)
      try SaleRows.insert(sale, at: position, time, db)
    }
    try await journal.copyToMirror()
    try world.crash(journal)
    try world.restore(before)
    let (again, _) = try world.open()
    #expect(
      try await again.newest(1).first?.record.body
        == .holdReleased(HoldReleased(hold: hold, account: sale.account)))
    try again.close()
  }

  @Test("without a mirror nothing is copied, and a stopped journal copies nothing more")
  func noMirror() async throws {
    let fixture = try JournalFixture()
    let alone = try fixture.open()
    try await alone.copyToMirror()
    #expect(alone.mirrorStanding == nil)
    try alone.close()
    #expect(throws: JournalError.lost(path: fixture.path)) {
      try FileManager.default.removeItem(atPath: fixture.path)
      _ = try Journal.openOrSalvage(fixture.configuration())
    }
    let world = try Mirrored()
    let journal = try await world.begin()
    try journal.close()
    await #expect(throws: JournalError.stopped) { try await journal.copyToMirror() }
  }

  @Test("a medium that comes back with less than the ledger has goes on from there")
  func comesBackBehind() async throws {
    let world = try Mirrored()
    try await world.begin().close()
    try FileManager.default.moveItem(atPath: world.folder, toPath: world.folder + "-away")
    let (alone, _) = try world.open()
    try FileManager.default.moveItem(atPath: world.folder + "-away", toPath: world.folder)
    // The same record first, then more.
    try await alone.copyToMirror()
    #expect(alone.mirrorStanding?.fault == nil)
    try alone.close()
    try FileManager.default.moveItem(atPath: world.folder, toPath: world.folder + "-away")
    let (again, _) = try world.open()
    try await world.sell([3], again)
    try FileManager.default.moveItem(atPath: world.folder + "-away", toPath: world.folder)
    try await again.copyToMirror()
    #expect(again.mirrorStanding?.end == Mirrored.place(4))
    #expect(try world.names == ["medium.mirror"])
    try again.close()
  }

  @Test("a mirror that lags behind what was removed begins anew")
  func behindRemoved() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    try await world.sell([3], journal)
    let head = try #require(try await journal.head(at: Mirrored.place(4)))
    journal.state.withLock { state in
      state.pruned = PrunedEnd(position: Mirrored.place(4), head: head, countedFromDay: 0)
    }
    try await journal.copyToMirror()
    #expect(journal.mirrorStanding?.end == Mirrored.place(4))
    #expect(try world.names.count == 2)
    try journal.close()
  }

  @Test(
    "a ledger from before a later epoch is begun again from the mirror, or stands apart from it")
  func otherEpoch() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    let before = try world.files()
    try await world.sell([3], journal)
    let gone = try world.files()
    try world.crash(journal)
    try world.restore([:])
    let (begun, _) = try world.open()
    try await begun.copyToMirror()
    try begun.close()
    // The mirror goes on in epoch 2 behind record 3.
    try world.restore(before)
    #expect {
      try world.open()
    } throws: { error in
      if case JournalError.needsEpoch(_, readable: 2) = error { true } else { false }
    }
    try world.restore(gone)
    let (again, _) = try world.open()
    #expect(again.mirrorStanding?.aside != nil)
    #expect(try await again.standing().position == Mirrored.place(4))
    try again.close()
    try await Self.putAsideAgain(world)
  }

  /// In the same second, so that the first name is taken.
  private static func putAsideAgain(_ world: Mirrored) async throws {
    try Data("no mirror".utf8).write(to: URL(filePath: world.path))
    let (journal, _) = try world.open()
    #expect(journal.mirrorStanding?.aside?.hasSuffix("-2") == true)
    #expect(try world.names.count == 3)
    try journal.close()
  }

  @Test("a ledger that ends before its mirror begins is begun again from there")
  func farAhead() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    try journal.close()
    let before = try world.files()
    let (again, _) = try world.open()
    try await world.sell([3, 4], again)
    try await world.acknowledge(4, again, atMilliseconds: JournalFixture.noon + 60_000)
    try await again.copyToMirror()
    try again.close()
    let file = MirrorFile(
      path: world.path, terminal: TerminalID(3), key: world.fixture.key)
    var heads: [JournalPosition: Digest32] = [:]
    let scan = try #require(try file.scan { place, _ in heads[place.position] = place.head })
    let start = ChainPlace(
      position: Mirrored.place(4), head: try #require(heads[Mirrored.place(4)]))
    _ = try MirrorWriter(resuming: scan, file).shortened(to: start)
    try world.restore(before)
    let (saved, salvage) = try world.open()
    #expect(salvage?.end == Mirrored.place(5))
    #expect(try await saved.verify().findings.isEmpty)
    try saved.close()
  }

  @Test("a mirror that begins with the ledger's last record is its own, or stands apart")
  func beginsThere() async throws {
    let world = try Mirrored()
    try await world.begin().close()
    let file = MirrorFile(
      path: world.path, terminal: TerminalID(3), key: world.fixture.key)
    let scan = try #require(try file.scan())
    for (head, isAside) in [(scan.end.head, false), (Digest32.zero, true)] {
      try FileManager.default.removeItem(atPath: world.path)
      _ = try MirrorWriter(
        beginning: ChainPlace(position: scan.end.position, head: head), file)
      let (journal, _) = try world.open()
      #expect((journal.mirrorStanding?.aside != nil) == isAside)
      try journal.close()
    }
  }

  @Test("entries that do not follow one another end a mirror")
  func order() async throws {
    let world = try Mirrored()
    let codec = MirrorCodec(key: world.fixture.key, terminal: TerminalID(3))
    let file = MirrorFile(
      path: world.path, terminal: TerminalID(3), key: world.fixture.key)
    func write(_ entries: [MirrorEntry]) throws {
      var (bytes, tag): ([UInt8], Digest32) = ([], .zero)
      for entry in entries {
        let sealed = try codec.seal(entry, after: tag)
        bytes += sealed.bytes
        tag = sealed.tag
      }
      try Data(bytes).write(to: URL(filePath: world.path))
    }
    let beginning = MirrorEntry.beginning(Mirrored.place(0), head: .zero)
    for bad in [
      beginning, .record(Mirrored.place(3), [2]), .record(Mirrored.place(2, epoch: 2), [2]),
      .record(Mirrored.place(1), [2]),
    ] {
      try write([beginning, .record(Mirrored.place(1), [1]), bad, .record(Mirrored.place(2), [2])])
      #expect(try file.scan()?.end.position == Mirrored.place(1))
    }
    let later = MirrorEntry.beginning(Mirrored.place(4, epoch: 2), head: .zero)
    try write([later, .record(Mirrored.place(1), [1])])
    #expect(try file.scan()?.end.position == Mirrored.place(4, epoch: 2))
    try write([.record(Mirrored.place(1), [1])])
    #expect(try file.scan() == nil)
  }

  @Test("a damaged ledger that goes further than its mirror is read itself")
  func fileGoesFurther() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    try await world.sell([3, 4], journal)
    try journal.close()
    try world.damage("DELETE FROM record WHERE sequence = 5")
    let (again, salvage) = try world.open()
    #expect(salvage?.end == Mirrored.place(4))
    try again.close()
  }

  @Test("a retired terminal stays retired when its records come back from the mirror")
  func retired() async throws {
    let world = try Mirrored()
    let journal = try await world.begin()
    try await world.sell([3, 4], journal)
    try await journal.copyToMirror()
    try journal.close()
    try world.damage(
      "DELETE FROM record WHERE sequence >= 4",
      "UPDATE terminal_state SET is_retired = 1")
    let (again, salvage) = try world.open()
    #expect(salvage?.end == Mirrored.place(5), "the file alone goes to 3")
    #expect(try await again.standing().isRetired)
    try again.close()
  }

  @Test("a mirror without any ack needs an epoch that the centre grants")
  func noAck() async throws {
    let world = try Mirrored()
    let (journal, _) = try world.open()
    try await journal.copyToMirror()
    try world.crash(journal)
    try world.restore([:])
    #expect {
      try world.open()
    } throws: { error in
      if case JournalError.needsEpoch(_, readable: 1) = error { true } else { false }
    }
    let salvage = try Journal.begin(
      GrantedEpoch(epoch: Epoch(2), token: .random()),
      world.fixture.configuration(mirrorPath: world.path))
    #expect(salvage?.kept == 1)
  }

  @Test("of places that can be read backwards the earliest from which reading arrives is taken")
  func arrives() {
    for count in 1...9 {
      for last in 0..<count {
        #expect(ChainReader.last(of: Array(0..<count)) { $0 <= last } == last)
      }
    }
  }
}
