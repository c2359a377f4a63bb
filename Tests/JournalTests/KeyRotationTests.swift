import CanteenModel
import Foundation
import GRDB
import SyncProtocol
import Testing

@testable import Journal

/// Another key for the records: which one signs, whatever happens in between.
@Suite struct KeyRotationTests {
  private let fixture: JournalFixture
  private let next: SigningKey

  init() throws {
    fixture = try JournalFixture()
    next = SigningKey(succeeding: fixture.key)
  }

  /// A journal with the epoch's first record, a sale, the rotation, and another sale: records 1 to 4.
  private func rotating() async throws -> Journal {
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    try await sell(journal)
    let place = JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(3))
    #expect(try await journal.rotate(to: next) == .begun(place))
    try await sell(journal)
    return journal
  }

  private func sell(_ journal: Journal) async throws {
    fixture.advance(seconds: 90)
    let outcome = try await journal.authorise(
      JournalFixture.request(1, price: .keyed(Fen(100))))
    #expect(outcome.isApproved)
  }

  private func batch(_ journal: Journal) async throws -> (bytes: [UInt8], facts: BatchFacts) {
    try await journal.nextBatch(limit: 500, challenge: .random())
  }

  private func acknowledge(_ facts: BatchFacts, _ journal: Journal) async throws {
    try await journal.store(SyncTests.ack(facts, head: facts.head))
  }

  /// As the daemon finds the key files after a power cut.
  private func reopen(key: SigningKey? = nil, next: SigningKey? = nil) throws -> Journal {
    try Journal(fixture.configuration(key: key, nextKey: next))
  }

  @Test("the rotation ends its batch, which the old key signs; behind its ack the new one does")
  func order() async throws {
    let journal = try await rotating()
    let first = try await batch(journal)
    let opened = try BatchCodec.open(first.bytes, key: fixture.key.publicKey)
    #expect(opened.records.count == 3)
    #expect(try BatchCodec.claim(of: first.bytes).handovers.isEmpty)
    guard case .keyRotated(let rotated) = try RecordCodec.decode(opened.records[2]).body else {
      Issue.record("the third record is no rotation")
      return
    }
    let place = JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(3))
    #expect(rotated.isGenuine(of: TerminalID(3), at: place, after: opened.heads[1]))
    #expect(!rotated.isGenuine(of: TerminalID(4), at: place, after: opened.heads[1]))
    #expect(!rotated.isGenuine(of: TerminalID(3), at: place, after: opened.heads[0]))
    #expect(journal.isRotatingKey)
    try await acknowledge(first.facts, journal)
    #expect(!journal.isRotatingKey)
    let second = try await batch(journal)
    #expect(try BatchCodec.open(second.bytes, key: next.publicKey).records.count == 1)
    let handovers = try BatchCodec.claim(of: second.bytes).handovers
    #expect(handovers.map { $0.genuine(of: TerminalID(3)) } == [rotated])
    #expect(handovers.map { $0.genuine(of: TerminalID(4)) } == [nil])
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test(
    "an ack of less than the rotation leaves the old key; a smaller batch size does not hide it")
  func partAcknowledged() async throws {
    let journal = try await rotating()
    let part = try await journal.nextBatch(limit: 2, challenge: .random())
    try await acknowledge(part.facts, journal)
    #expect(journal.key.rawBytes == fixture.key.rawBytes)
    let rest = try await batch(journal)
    #expect(try BatchCodec.open(rest.bytes, key: fixture.key.publicKey).records.count == 1)
    try journal.close()
  }

  @Test("while a rotation waits for its ack no other begins")
  func once() async throws {
    let journal = try await rotating()
    let place = JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(3))
    #expect(try await journal.rotate(to: SigningKey()) == .underWay(place))
    try await acknowledge(try await batch(journal).facts, journal)
    #expect(journal.key.rawBytes == next.rawBytes)
    let third = SigningKey(succeeding: next)
    guard case .begun = try await journal.rotate(to: third) else {
      Issue.record("an acknowledged rotation is still under way")
      return
    }
    let more = try await batch(journal)
    _ = try BatchCodec.open(more.bytes, key: next.publicKey)
    try await acknowledge(more.facts, journal)
    #expect(journal.key.rawBytes == third.rawBytes)
    #expect(try BatchCodec.claim(of: try await batch(journal).bytes).handovers.count == 2)
    try journal.close()
  }

  @Test("a power cut between two steps leaves exactly one key that signs")
  func powerCuts() async throws {
    var journal = try await rotating()
    try fixture.crash(journal)
    journal = try reopen(next: next)
    let sent = try await batch(journal)
    _ = try BatchCodec.open(sent.bytes, key: fixture.key.publicKey)
    // The ack was lost: the same batch once more, by the same key.
    try fixture.crash(journal)
    journal = try reopen(next: next)
    let again = try await batch(journal)
    _ = try BatchCodec.open(again.bytes, key: fixture.key.publicKey)
    #expect(again.facts.head == sent.facts.head)
    try await acknowledge(again.facts, journal)
    // Before the file got its name, and after.
    try fixture.crash(journal)
    journal = try reopen(next: next)
    #expect(journal.key.rawBytes == next.rawBytes)
    try fixture.crash(journal)
    journal = try reopen(key: next)
    _ = try BatchCodec.open(try await batch(journal).bytes, key: next.publicKey)
    try journal.close()
  }

  @Test("a ledger that rotated opens with no other key, which could sign nothing")
  func otherKey() async throws {
    let journal = try await rotating()
    let place = JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(3))
    try fixture.crash(journal)
    for (key, next) in [(nil, nil), (nil, SigningKey()), (SigningKey(), next)] {
      #expect(throws: JournalError.otherKey(place)) { try reopen(key: key, next: next) }
    }
    #expect("\(JournalError.otherKey(place))".contains("record 1/3"))
    let again = try reopen(next: next)
    try await acknowledge(try await batch(again).facts, again)
    try again.close()
    #expect(throws: JournalError.otherKey(place)) { try reopen() }
    try reopen(key: next).close()
  }

  @Test("a new key stays when the centre forgets its ack, and tells the centre who it is")
  func forgotten() async throws {
    var journal = try await rotating()
    let first = try await batch(journal)
    try await acknowledge(first.facts, journal)
    let none = BatchFacts(
      terminal: TerminalID(3), epoch: Epoch(1), first: SequenceNumber(1), count: 0,
      previousHead: .zero, head: .zero, echoedNonce: nil, challenge: .random())
    try await journal.store(SyncTests.ack(none, head: .zero))
    #expect(journal.key.rawBytes == next.rawBytes)
    try fixture.crash(journal)
    journal = try reopen(key: next)
    let whole = try await batch(journal)
    #expect(try BatchCodec.open(whole.bytes, key: next.publicKey).records.count == 3)
    #expect(try BatchCodec.claim(of: whole.bytes).handovers.count == 1)
    try journal.close()
  }

  @Test(
    "refusals that were only counted are written before the rotation, which names the head behind them"
  )
  func folded() async throws {
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let stranger = JournalFixture.request(77)
    for _ in 0..<3 { _ = try await journal.authorise(stranger) }
    _ = try await journal.rotate(to: next)
    let sealed = try await batch(journal)
    let opened = try BatchCodec.open(sealed.bytes, key: fixture.key.publicKey)
    let last = try RecordCodec.decode(try #require(opened.records.last))
    guard case .keyRotated(let rotated) = last.body else {
      Issue.record("the last record is no rotation")
      return
    }
    #expect(
      rotated.isGenuine(
        of: TerminalID(3),
        at: JournalPosition(epoch: Epoch(1), sequence: opened.facts.last),
        after: opened.heads[opened.heads.count - 2]))
    try journal.close()
  }

  @Test(
    "verification finds a rotation without its row, and a row without its rotation",
    arguments: [
      "DELETE FROM key_rotation",
      "INSERT INTO key_rotation VALUES (1, 2, zeroblob(32), zeroblob(32), 0)",
    ])
  func verified(sql: String) async throws {
    let journal = try await rotating()
    try journal.connection.inDatabase { db in try db.execute(sql: sql) }
    #expect(
      try await journal.verify().findings
        == ["the rows of the key's rotations are not those of the records"])
    try journal.close()
  }

  @Test(
    "a file that is carried to the centre goes on behind a rotation that waits, with the new key")
  func exported() async throws {
    let journal = try await rotating()
    let first = try await journal.exportedBatch(behind: nil)
    #expect(try BatchCodec.open(first.bytes, key: fixture.key.publicKey).records.count == 3)
    let end = JournalPosition(epoch: Epoch(1), sequence: first.facts.last)
    let second = try await journal.exportedBatch(behind: end)
    let opened = try BatchCodec.open(second.bytes, key: next.publicKey)
    #expect(opened.facts.previousHead == first.facts.head)
    #expect(opened.facts.newest == opened.facts.last)
    #expect(journal.key.rawBytes == fixture.key.rawBytes, "on the link the old key signs")
    let nowhere = JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(99))
    await #expect(throws: JournalError.requestFailed("there is no record 1/99")) {
      try await journal.exportedBatch(behind: nowhere)
    }
    try journal.close()
  }

  @Test("a batch shows how its key came to be, the oldest step first")
  func twice() async throws {
    let journal = try await rotating()
    try await acknowledge(try await batch(journal).facts, journal)
    _ = try await journal.rotate(to: SigningKey(succeeding: next))
    for _ in 0..<2 { try await acknowledge(try await batch(journal).facts, journal) }
    let handovers = try BatchCodec.claim(of: try await batch(journal).bytes).handovers
    #expect(handovers.count == 2)
    #expect(handovers[0].position < handovers[1].position)
    try journal.close()
  }

  @Test("a rotation whose record was removed still says which key signs")
  func pruned() async throws {
    let journal = try await rotating()
    try await acknowledge(try await batch(journal).facts, journal)
    try await acknowledge(try await batch(journal).facts, journal)
    try journal.connection.inDatabase { db in
      // As pruning leaves it behind the first sale, and then behind the rotation.
      try db.execute(sql: "DELETE FROM record WHERE sequence <= 2")
      let head = Digest32.random()
      let left = PrunedEnd(
        position: JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(2)), head: head,
        countedFromDay: 0)
      #expect(try RotationRows.handovers(left, db).map(\.previousHead) == [head])
      try db.execute(sql: "DELETE FROM record WHERE sequence = 3")
      #expect(try RotationRows.handovers(left, db).isEmpty)
      #expect(try RotationRows.last(db)?.next == next.publicKey.digest)
    }
    try journal.close()
  }
}

/// What becomes of a rotation when the ledger is damaged or lost.
@Suite struct SavedRotationTests {
  @Test(
    "a damaged ledger keeps its rotation: what was acknowledged is, and what was not waits",
    arguments: [true, false])
  func salvaged(isAcknowledged: Bool) async throws {
    let world = try Mirrored()
    let next = SigningKey(succeeding: world.fixture.key)
    let journal = try await world.begin()
    _ = try await journal.rotate(to: next)
    if isAcknowledged {
      try await world.acknowledge(4, journal, atMilliseconds: JournalFixture.noon + 60_000)
    }
    try await world.sell([3], journal)
    try journal.close()
    try SalvageTests.tamper(
      world.fixture, "UPDATE terminal_state SET head = zeroblob(32)")
    let (again, salvage) = try Journal.openOrSalvage(
      world.fixture.configuration(nextKey: next))
    #expect(salvage?.missing == 0)
    #expect(again.key.rawBytes == (isAcknowledged ? next : world.fixture.key).rawBytes)
    #expect(again.isRotatingKey == !isAcknowledged)
    let tail = try await again.nextBatch(limit: 500, challenge: .random())
    _ = try BatchCodec.open(tail.bytes, key: again.key.publicKey)
    #expect(tail.facts.epoch == Epoch(1))
    #expect(try await again.verify().findings.isEmpty)
    try again.close()
  }

  @Test("the mirror is readable behind a rotation, and gives back the rotation and its ack")
  func mirrored() async throws {
    let world = try Mirrored()
    let next = SigningKey(succeeding: world.fixture.key)
    let journal = try await world.begin()
    let before = try world.files()
    _ = try await journal.rotate(to: next)
    try await world.acknowledge(4, journal, atMilliseconds: JournalFixture.noon + 60_000)
    try await world.sell([3], journal)
    try await journal.copyToMirror()
    let copied = journal.mirrorStanding?.end
    try world.crash(journal)
    try world.restore(before)
    // The disk lied: the key file has its new name, and the ledger knows of no rotation.
    let renamed = world.fixture.configuration(key: next, mirrorPath: world.path)
    let (again, salvage) = try Journal.openOrSalvage(renamed)
    #expect(salvage == nil)
    #expect(try await again.standing().position == copied)
    #expect(again.key.rawBytes == next.rawBytes)
    #expect(!again.isRotatingKey)
    #expect(try await again.verify().findings.isEmpty)
    try await world.sell([1], again)
    try await again.copyToMirror()
    #expect(again.mirrorStanding?.fault == nil)
    #expect(try world.names == ["medium.mirror"])
    try again.close()
  }

  @Test("a key that does not follow the first one reads no mirror of it")
  func foreignKey() async throws {
    let world = try Mirrored()
    try world.crash(try await world.begin())
    let stranger = MirrorFile(
      path: world.path, terminal: TerminalID(3), key: SigningKey())
    #expect(try stranger.scan() == nil)
    let follower = MirrorFile(
      path: world.path, terminal: TerminalID(3), key: SigningKey(succeeding: world.fixture.key))
    #expect(try follower.scan()?.end.position == Mirrored.place(3))
  }
}
