import CanteenModel
import TerminalCore
import Testing

@Suite struct SyncSessionTests {
  static let head = Digest32([UInt8](repeating: 7, count: 32)) ?? .zero
  static let other = Digest32([UInt8](repeating: 8, count: 32)) ?? .zero

  @Test("a good round sends, stores, feeds and rests")
  func round() {
    var session = SyncSession(terminal: TerminalID(3), nextSize: 100)
    #expect(session.handle(.wake) == [.sendBatch(limit: 100)])
    #expect(session.handle(.sent(Self.batch)) == [])
    let ack = Self.ack(nextSize: 50)
    #expect(session.handle(.acknowledged(ack, ownHead: Self.head)) == [.storeAck(ack)])
    #expect(session.handle(.ackStored(hasBacklog: true)) == [.requestFeed])
    #expect(session.handle(.fed(hasMore: true)) == [.requestFeed])
    #expect(session.handle(.fed(hasMore: false)) == [.sendBatch(limit: 50)])
    _ = session.handle(.ackStored(hasBacklog: false))
    #expect(
      session.handle(.fed(hasMore: false))
        == [.rest(milliseconds: 10_000)])
  }

  @Test("a centre that asks to wait is not sent a backlog")
  func notNow() {
    var session = SyncSession(terminal: TerminalID(3), nextSize: 100)
    _ = session.handle(.sent(Self.batch))
    _ = session.handle(.acknowledged(Self.ack(nextSize: 0), ownHead: Self.head))
    _ = session.handle(.ackStored(hasBacklog: true))
    #expect(
      session.handle(.fed(hasMore: false))
        == [.rest(milliseconds: 10_000)])
  }

  @Test(
    "an ack is believed only when it answers the last batch and agrees with the own chain",
    arguments: [
      (ack(terminal: 4), head, AckRefusal.notOurs), (ack(epoch: 2), head, .notOurs),
      (ack(challenge: other), head, .stale),
      (ack(), other, .otherHead), (ack(), nil, .otherHead),
    ] as [(AckFacts, Digest32?, AckRefusal)])
  func refusals(ack: AckFacts, ownHead: Digest32?, refusal: AckRefusal) {
    var session = SyncSession(terminal: TerminalID(3), nextSize: 100)
    _ = session.handle(.sent(Self.batch))
    #expect(session.handle(.acknowledged(ack, ownHead: ownHead)) == [.refuse(refusal)])
  }

  @Test(
    "an ack that names an own head is believed, whether it says more or less than was asked",
    arguments: [13, 12, 3] as [UInt64])
  func otherPlaces(sequence: UInt64) {
    var session = SyncSession(terminal: TerminalID(3), nextSize: 100)
    _ = session.handle(.sent(Self.batch))
    let ack = Self.ack(sequence: sequence)
    #expect(session.handle(.acknowledged(ack, ownHead: Self.head)) == [.storeAck(ack)])
  }

  @Test("an older batch's ack is not believed after the newer one's")
  func olderAck() {
    var session = SyncSession(terminal: TerminalID(3), nextSize: 100)
    _ = session.handle(.sent(Self.batch))
    _ = session.handle(.sent(Self.batch(challenge: Self.other)))
    _ = session.handle(.acknowledged(Self.ack(challenge: Self.other), ownHead: Self.head))
    #expect(session.handle(.acknowledged(Self.ack(), ownHead: Self.head)) == [.refuse(.unasked)])
  }

  @Test(
    "a centre that takes one record at a time is sent one, and before the first ack none is pressed"
  )
  func oneByOne() {
    var session = SyncSession(terminal: TerminalID(3), nextSize: 100)
    #expect(session.handle(.fed(hasMore: false)) == [.rest(milliseconds: 10_000)])
    _ = session.handle(.sent(Self.batch))
    _ = session.handle(.acknowledged(Self.ack(nextSize: 1), ownHead: Self.head))
    _ = session.handle(.ackStored(hasBacklog: true))
    #expect(session.handle(.fed(hasMore: false)) == [.sendBatch(limit: 1)])
  }

  @Test("after a failure or a refusal no ack is waited for")
  func nothingOutstanding() {
    for event in [
      SyncSession.Event.failed(jitterPermille: 0), .refused(jitterPermille: 0),
      .turnedAway(milliseconds: 0, jitterPermille: 0),
    ] {
      var session = SyncSession(terminal: TerminalID(3), nextSize: 100)
      _ = session.handle(.sent(Self.batch))
      _ = session.handle(event)
      #expect(
        session.handle(.acknowledged(Self.ack(), ownHead: Self.head)) == [.refuse(.unasked)])
    }
  }

  @Test("a refused chain does not stop the feed: it is fetched, and then comes the rest")
  func refusedFeeds() {
    var session = SyncSession(terminal: TerminalID(3), nextSize: 100)
    #expect(!session.isRefused)
    #expect(session.handle(.refused(jitterPermille: 1000)) == [.requestFeed])
    #expect(session.isRefused)
    #expect(session.handle(.fed(hasMore: true)) == [.requestFeed])
    #expect(session.handle(.fed(hasMore: false)) == [.rest(milliseconds: 1000)])
    #expect(session.handle(.refused(jitterPermille: 1000)) == [.requestFeed])
    #expect(session.handle(.failed(jitterPermille: 1000)) == [.rest(milliseconds: 2000)])
    _ = session.handle(.ackStored(hasBacklog: false))
    #expect(!session.isRefused)
  }

  @Test(
    "a centre without room is asked again when it said, or a little later, and not after ten minutes only",
    arguments: [
      (5_000, 0, 5_000), (5_000, 1000, 7_500), (5_000, 500, 6_250), (0, 0, 1_000),
      (999, 1000, 1_500), (600_000, 0, 600_000), (600_001, 0, 600_000), (.max, 1000, 900_000),
    ] as [(Int64, Int, Int64)])
  func turnedAway(asked: Int64, jitter: Int, rest: Int64) {
    var session = SyncSession(terminal: TerminalID(3), nextSize: 100)
    #expect(
      session.handle(.turnedAway(milliseconds: asked, jitterPermille: jitter))
        == [.rest(milliseconds: rest)])
    #expect(session.failures == 0)
    #expect(!session.isRefused)
  }

  @Test("a rest that a refusal asked for is forgotten when the centre turns the terminal away")
  func turnedAwayWhileRefused() {
    var session = SyncSession(terminal: TerminalID(3), nextSize: 100)
    _ = session.handle(.refused(jitterPermille: 1000))
    _ = session.handle(.turnedAway(milliseconds: 2_000, jitterPermille: 0))
    #expect(
      session.handle(.fed(hasMore: false))
        == [.rest(milliseconds: SyncSession.heartbeatMilliseconds)])
  }

  @Test("the same ack is not believed twice")
  func twice() {
    var session = SyncSession(terminal: TerminalID(3), nextSize: 100)
    #expect(session.handle(.acknowledged(Self.ack(), ownHead: Self.head)) == [.refuse(.unasked)])
    _ = session.handle(.sent(Self.batch))
    _ = session.handle(.acknowledged(Self.ack(), ownHead: Self.head))
    #expect(session.handle(.acknowledged(Self.ack(), ownHead: Self.head)) == [.refuse(.unasked)])
  }

  @Test("retries rest longer and longer up to a minute, with half of it left to chance")
  func retries() {
    var session = SyncSession(terminal: TerminalID(3), nextSize: 100)
    let rests = (0..<9).flatMap { _ in session.handle(.failed(jitterPermille: 1000)) }
    let seconds = [1, 2, 4, 8, 16, 32, 60, 60, 60] as [Int64]
    #expect(rests == seconds.map { .rest(milliseconds: $0 * 1000) })
    #expect(session.handle(.failed(jitterPermille: 0)) == [.rest(milliseconds: 30_000)])
    // An ack alone is not the end of a round.
    _ = session.handle(.ackStored(hasBacklog: false))
    #expect(session.handle(.failed(jitterPermille: 0)) == [.rest(milliseconds: 30_000)])
    _ = session.handle(.ackStored(hasBacklog: false))
    _ = session.handle(.fed(hasMore: false))
    #expect(session.handle(.failed(jitterPermille: 0)) == [.rest(milliseconds: 500)])
  }

  @Test("of several batches only the last one's ack is believed, whenever the others come")
  func overtaken() throws {
    let challenges = try (1...3).map { number in
      try #require(Digest32([UInt8](repeating: number, count: 32)))
    }
    for (index, isBelieved) in [(0, false), (1, false), (2, true)] {
      var session = SyncSession(terminal: TerminalID(3), nextSize: 100)
      for challenge in challenges { _ = session.handle(.sent(Self.batch(challenge: challenge))) }
      let ack = Self.ack(challenge: challenges[index])
      let actions = session.handle(.acknowledged(ack, ownHead: Self.head))
      #expect(actions == (isBelieved ? [.storeAck(ack)] : [.refuse(.stale)]))
    }
  }

  @Test("chance is given in permille", arguments: [-1, 1001])
  func jitterRange(permille: Int) async {
    await #expect(processExitsWith: .failure) { [permille] in
      var session = SyncSession(terminal: TerminalID(3), nextSize: 100)
      _ = session.handle(.failed(jitterPermille: permille))
    }
    await #expect(processExitsWith: .failure) { [permille] in
      var session = SyncSession(terminal: TerminalID(3), nextSize: 100)
      _ = session.handle(.turnedAway(milliseconds: 1, jitterPermille: permille))
    }
  }

  static let batch = batch(challenge: head)

  /// Sequences 10, 11 and 12.
  static func batch(challenge: Digest32) -> BatchFacts {
    BatchFacts(
      terminal: TerminalID(3), epoch: Epoch(1), first: SequenceNumber(10), count: 3,
      previousHead: .zero, head: head, echoedNonce: nil, challenge: challenge)
  }

  static func ack(
    terminal: UInt32 = 3, epoch: UInt32 = 1, sequence: UInt64 = 12, challenge: Digest32 = head,
    nextSize: Int = 100
  ) -> AckFacts {
    AckFacts(
      terminal: TerminalID(terminal),
      position: JournalPosition(epoch: Epoch(epoch), sequence: SequenceNumber(sequence)),
      head: head, nonce: other, challenge: challenge, timeMilliseconds: CoreFixture.noon,
      nextSize: nextSize, nextEpoch: Epoch(2), epochToken: other)
  }
}
