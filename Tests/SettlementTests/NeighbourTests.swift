import CanteenModel
import Journal
import LinkSecurity
import SyncProtocol
import TerminalCore
import Testing

@testable import SyncTransport
@testable import TerminalDaemon

/// Terminals of one canteen that ask one another over the product's own connections.
@Suite(.timeLimit(.minutes(4))) struct NeighbourTests {
  private typealias Fixture = NeighbourFixture

  private static func statement(
    of terminal: UInt32, fen: Int64, count: UInt32 = 1
  ) -> SpendStatement {
    SpendStatement(
      terminal: TerminalID(terminal), account: Fixture.account,
      slot: MealKey(day: 20_780, period: 2),
      number: StatementNumber(epoch: Epoch(1), run: 1, count: count),
      entries: [SpendStatement.Entry(position: nil, amount: Fen(fen))])
  }

  private static func reservation(of terminal: UInt32, fen: Int64) throws -> [UInt8] {
    try PeerCodec.encode(
      ReservationRequest(
        statement: statement(of: terminal, fen: fen), cap: Fen(4_000), approvals: 9))
  }

  /// Greets the others, and sells with their word.
  private static func sellAsGroup(_ fen: Int64, at till: Fixture.Till) async throws -> Bool {
    _ = await till.desk.speak()
    return try await till.sell(fen) == .lan
  }

  @Test("nobody is asked before they answered a greeting; then a sale is the group's")
  func group() async throws {
    let fixture = try await Fixture()
    let (first, second) = (fixture.tills[0], fixture.tills[1])
    #expect(!first.desk.word.mayAsk)
    #expect(try await Self.sellAsGroup(1, at: first))
    #expect(first.desk.group.answering == [TerminalID(4)])
    // What was reserved there is told to be a sale.
    _ = await first.desk.speak()
    let asked = try PeerCodec.decode(
      answer: try await second.call(
        .reserve, try Self.reservation(of: 3, fen: 4_000),
        as: first.identity.current
      ).body)
    #expect(asked.verdict == .stale)
    #expect(asked.own.terminal == TerminalID(4) && asked.own.entries.isEmpty)
  }

  @Test("the other one's word counts: beyond what both spent nothing is approved by either")
  func cap() async throws {
    let fixture = try await Fixture()
    let (first, second) = (fixture.tills[0], fixture.tills[1])
    #expect(try await Self.sellAsGroup(2_600, at: first))
    _ = await second.desk.speak()
    #expect(try await second.sell(1_500) == nil)
    #expect(try await first.sell(1_500) == nil)
  }

  @Test(
    "a greeting carries the head of whoever greets, and the next batch of the other hands it in")
  func witnessed() async throws {
    let fixture = try await Fixture()
    let (first, second) = (fixture.tills[0], fixture.tills[1])
    #expect(try await first.sell(2_000) == .alone)
    _ = await first.desk.speak()
    let (bytes, _) = try await second.journal.nextBatch(limit: 10, challenge: .random())
    let batch = try BatchCodec.open(bytes, key: second.journal.key.publicKey)
    let head = try HeadCodec.open(
      try #require(batch.witnessed.first), key: first.journal.key.publicKey)
    #expect(head.terminal == first.id && head.position.sequence == SequenceNumber(2))
    // Whoever says another's is not let in with it.
    let other = SigningKey()
    let stranger = ChainHead(
      terminal: TerminalID(9), position: head.position, head: head.head)
    let news = try PeerCodec.encode(
      news: [], head: try HeadCodec.seal(stranger, key: other))
    #expect(try await second.call(.tell, news, as: first.identity.current).status == 403)
  }

  @Test("a terminal whose rules have no groups greets nobody and asks nobody")
  func noGroups() async throws {
    let fixture = try await Fixture(groups: .none)
    let till = fixture.tills[0]
    #expect(await till.desk.speak() > 10_000)
    #expect(till.desk.group.peers.isEmpty && !till.desk.word.mayAsk)
    #expect(try await till.sell(2_500) == .alone)
  }

  /// Who is turned away, and how.
  @Test("only a neighbour of the roster is let in, and speaks for itself alone")
  func strangers() async throws {
    let fixture = try await Fixture()
    let till = fixture.tills[0]
    let neighbour = try fixture.identity(of: .terminal(TerminalID(4)))
    let cases: [(String, LinkIdentity, [UInt8], WireProblem)] = [
      (
        "a terminal of another canteen", try fixture.identity(of: .terminal(TerminalID(9))),
        try Self.reservation(of: 9, fen: 100), .notAdmitted
      ),
      (
        "the terminal itself", try fixture.identity(of: .terminal(TerminalID(3))),
        try Self.reservation(of: 3, fen: 100), .notAdmitted
      ),
      (
        "the centre", try fixture.identity(of: .centre), try Self.reservation(of: 4, fen: 100),
        .notAdmitted
      ),
      ("another's words", neighbour, try Self.reservation(of: 9, fen: 100), .notAdmitted),
      (
        "long ago",
        try fixture.identity(
          of: .terminal(TerminalID(4)), issued: SettlementFixture.noon - 400 * 86_400_000),
        try Self.reservation(of: 4, fen: 100), .certificateExpired
      ),
      ("no message", neighbour, [0xFF], .malformed),
      ("nothing", neighbour, [], .malformed),
    ]
    for (name, identity, body, expected) in cases {
      let answer = try await till.call(.reserve, body, as: identity)
      #expect(WireProblem(uri: answer.problem?.type ?? "") == expected, "\(name): \(answer.text)")
    }
    let long = [UInt8](repeating: 0, count: PeerCodec.bytesLimit + 1)
    #expect(try await till.call(.reserve, long, as: neighbour).status == 413)
    let news = try PeerCodec.encode(news: [
      Self.statement(of: 4, fen: 1), Self.statement(of: 9, fen: 1),
    ])
    #expect(try await till.call(.tell, news, as: neighbour).status == 403)
    // Nothing of all this is held against the diner.
    #expect(try await till.sell(2_500) == .alone)
  }

  @Test("a centre's routes are not there for neighbours, nor a neighbour's for the centre")
  func doors() async throws {
    let fixture = try await Fixture()
    let answer = try await RawCall(method: "GET", path: WireContract.batchPath).send(
      to: fixture.tills[0].port, as: try fixture.identity(of: .terminal(TerminalID(4))))
    #expect(answer.status == 404)
  }

  @Test("a neighbour that asks without end is turned away, and told when to come again")
  func flood() async throws {
    let fixture = try await Fixture()
    let (till, caller) = (fixture.tills[0], try fixture.identity(of: .terminal(TerminalID(4))))
    let greeting = try PeerCodec.encode(news: [])
    let link = try LinkCaller(caller, to: nil)
    var statuses: Set<Int> = []
    for _ in 0..<400 where !statuses.contains(429) {
      let answer = try await link.send(
        RawRequest(
          "POST", WireContract.peerTellPath, fields: [("Content-Type", "application/x-protobuf")],
          body: greeting), to: try LinkAddress("127.0.0.1:\(till.port)"), within: .seconds(20),
        upTo: 1 << 16)
      statuses.insert(answer.status)
      if answer.status == 429 { #expect(answer.retryAfter == 1) }
    }
    #expect(statuses == [200, 429])
    #expect(try await till.sell(2_500) == .alone)
  }

  /// A neighbour that does as it likes.
  private struct Odd: PeerEndpoint {
    let answer: @Sendable () async throws -> [UInt8]

    func admit(_ certificate: LinkCertificate) async throws(PeerRefusal) -> TerminalID {
      TerminalID(3)
    }
    func reserve(
      _ reservation: [UInt8], from terminal: TerminalID
    ) async throws(PeerRefusal) -> [UInt8] {
      do { return try await answer() } catch { throw .notNow("\(error)") }
    }
    func tell(_ news: [UInt8], from terminal: TerminalID) async throws(PeerRefusal) {}
  }

  private static func answer(
    _ verdict: ReservationVerdict, own: SpendStatement
  ) throws -> [UInt8] {
    try PeerCodec.encode(ReservationAnswer(verdict: verdict, own: own))
  }

  private static let oddities: [(name: String, answer: @Sendable () async throws -> [UInt8])] = [
    (
      "mute",
      {
        try await Task.sleep(for: .seconds(20))
        return []
      }
    ), ("noise", { [0xFF, 1, 2] }),
    ("long", { [UInt8](repeating: 0, count: PeerCodec.bytesLimit * 2) }),
    ("another's", { try answer(.taken, own: statement(of: 9, fen: 1)) }),
    ("refuses", { throw CancellationError() }),
  ]

  @Test(
    "whoever is mute or says what cannot be believed does not count, and stops no sale",
    arguments: oddities.map(\.name))
  func odd(name: String) async throws {
    let oddity = try #require(Self.oddities.first { $0.name == name })
    let fixture = try await Fixture(
      answering: [4: Odd(answer: oddity.answer)],
      patience: PeerDesk.Patience(
        sale: name == "mute" ? PeerDesk.Patience().sale : .seconds(20), greeting: .seconds(20)))
    let till = fixture.tills[0]
    _ = await till.desk.speak()
    let question = try #require(try await till.question(2_600))
    let start = ContinuousClock.now
    let word = await till.desk.ask(question)
    // Thirty milliseconds, and what a busy machine adds; less than the twenty seconds that a mute one is given elsewhere.
    #expect(name != "mute" || ContinuousClock.now - start < .seconds(19))
    guard case .answered(_, isGroup: false, heard: let heard) = word else {
      Issue.record("\(word)")
      return
    }
    #expect(heard.isEmpty)
    let step = try await till.journal.authorise(
      Fixture.Till.request(2_600), peers: word, mayAskCentre: false)
    guard case .decided(let outcome) = step, case .declined = outcome.verdict else {
      Issue.record("\(step)")
      return
    }
    // The next sale waits for nobody.
    #expect(!till.desk.word.mayAsk)
    #expect(try await till.sell(2_500) == .alone)
  }

  @Test("whoever was not told is told when they answer again")
  func toldLater() async throws {
    let fixture = try await Fixture()
    let (first, second) = (fixture.tills[0], fixture.tills[1])
    // Alone, asking nobody; the next time that they speak it is told.
    _ = await first.desk.speak()
    guard
      case .decided(let outcome) = try await first.journal.authorise(
        Fixture.Till.request(2_000), peers: .nobody, mayAskCentre: false)
    else {
      Issue.record("nobody is asked")
      return
    }
    first.desk.decided(outcome)
    _ = await first.desk.speak()
    let known = try await second.journal.reserve(
      ReservationRequest(
        statement: Self.statement(of: 5, fen: 2_100), cap: Fen(4_000), approvals: 9))
    #expect(known.verdict == .overCap)
  }
}
