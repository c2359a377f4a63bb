import CanteenModel
import HTTPListener
import Hummingbird
import LinkSecurity
import Logging
import ServiceLifecycle
import SettlementService
import SettlementStore
import SyncProtocol
import SyncTransport
import Synchronization
import Testing

/// A terminal's side of pulling, with the product's listener and a chain of the test.
private final class PulledTerminal: PullEndpoint {
  private struct State {
    var terminal: TestTerminal
    var acknowledged = 0
    var cursor = FeedCursor(version: 0, rulebookVersion: 0)
    var rows: [AccountSnapshot] = []
  }

  private let state: Mutex<State>
  private let key: VerifyingKey
  private let batchSize: Int

  init(_ terminal: TestTerminal, key: VerifyingKey, batchSize: Int) {
    state = Mutex(State(terminal: terminal))
    self.key = key
    self.batchSize = batchSize
  }

  var id: TerminalID { state.withLock { $0.terminal.id } }
  var acknowledged: Int { state.withLock { $0.acknowledged } }
  var rows: [AccountSnapshot] { state.withLock { $0.rows } }

  func batch() async throws(PullRefusal) -> [UInt8] {
    do {
      return try state.withLock {
        try $0.terminal.batch(after: $0.acknowledged, count: batchSize)
      }
    } catch { throw .notNow("\(error)") }
  }

  func acknowledge(_ ack: [UInt8]) async throws(PullRefusal) {
    do {
      let facts = try AckCodec.open(ack, key: key)
      state.withLock {
        $0.acknowledged = Int(facts.position.sequence.number)
        $0.terminal.nonce = facts.nonce
      }
    } catch { throw .notAccepted("\(error)") }
  }

  func feed(_ page: [UInt8]) async throws(PullRefusal) -> [UInt8] {
    do {
      if !page.isEmpty {
        let page = try FeedCodec.open(page, key: key)
        state.withLock {
          $0.rows += page.accounts
          $0.cursor = FeedCursor(version: page.toCursor, rulebookVersion: 0)
        }
      }
      return try state.withLock {
        try FeedCodec.encode(
          $0.cursor, terminal: $0.terminal.id, echoedNonce: $0.terminal.nonce, key: $0.terminal.key)
      }
    } catch { throw .notAccepted("\(error)") }
  }
}

extension PulledTerminal {
  func renewalRequest() async throws(PullRefusal) -> [UInt8] { [] }
  func renew(_ enrolment: [UInt8]) async throws(PullRefusal) {}
  func judges(_ certificate: LinkCertificate) async -> Bool {
    !certificate.hasExpired(at: CentreFixture.now())
  }
}

@Suite(.everyStore, .namingStore, .timeLimit(.minutes(4))) struct PullTests {
  @Test(
    "the centre fetches every batch, hands the acks over and feeds, beside a terminal that is gone")
  func pull() async throws {
    try await CentreFixture.run { centre in
      var chain = TestTerminal()
      for _ in 0..<25 { try chain.sell(1, subsidy: 100) }
      let key = try centre.key
      let pulled = PulledTerminal(chain, key: key, batchSize: 10)
      let (port, running) = try await Self.listen(pulled, centre)
      defer { running.cancel() }

      _ = try await centre.control.importAccounts(Array(SettlementFixture.accounts.utf8))
      let gone = SettlementFixture.entry(TestTerminal(1), pullURL: "https://127.0.0.1:1")
      try await centre.control.add(gone)
      try await centre.control.add(
        SettlementFixture.entry(chain, pullURL: "127.0.0.1:\(port)"))
      // The centre feeds between two batches, too: the row that counts names the last sale.
      while pulled.rows.last?.includes?.sequence != SequenceNumber(25) {
        try await Task.sleep(for: .milliseconds(10))
      }

      #expect(pulled.acknowledged == 25)
      #expect(pulled.rows.last?.balance.subsidy == Fen(20_000 - 2500))
      let report = try await centre.control.report()
      #expect(report.totals.payableFen == 2500)
      #expect(try await centre.control.check().isGood)
    }
  }

  @Test(
    "a card reported lost reaches a terminal whose records the centre refuses")
  func feedAfterRefusal() async throws {
    try await CentreFixture.run { centre in
      let chain = TestTerminal(3, epoch: 2)
      let key = try centre.key
      let pulled = PulledTerminal(chain, key: key, batchSize: 10)
      let (port, running) = try await Self.listen(pulled, centre)
      defer { running.cancel() }
      let file = SettlementFixture.accounts.replacing("李雷,机关,active", with: "李雷,机关,lost")
      _ = try await centre.control.importAccounts(Array(file.utf8))
      try await centre.control.add(
        SettlementFixture.entry(chain, pullURL: "127.0.0.1:\(port)"))
      // In either order: a visit for the news feeds before anything is fetched.
      var flags: [FlagKind] = []
      while pulled.rows.isEmpty || flags.isEmpty {
        try await Task.sleep(for: .milliseconds(10))
        flags = try await centre.control.report().terminals.flatMap(\.flags).map(\.kind)
      }
      #expect(pulled.rows.last?.status == .reportedLost)
      #expect(flags == [.unknownEpoch])
    }
  }

  @Test("a terminal that is pulled answers the centre and nobody else")
  func strangers() async throws {
    try await CentreFixture.run { centre in
      let pulled = PulledTerminal(TestTerminal(3), key: try centre.key, batchSize: 10)
      let (port, running) = try await Self.listen(pulled, centre)
      defer { running.cancel() }
      let authority = try centre.authority
      let foreign = try CertificateAuthority(now: CentreFixture.now())
      let callers: [(String, LinkIdentity?, Bool)] = [
        ("the centre", try authority.ownIdentity(now: CentreFixture.now()), true),
        ("nobody", nil, false), ("another terminal", try centre.identity(of: TerminalID(4)), false),
        ("the terminal itself", try centre.identity(of: TerminalID(3)), false),
        ("another centre", try foreign.ownIdentity(now: CentreFixture.now()), false),
        (
          "the centre of long ago",
          try authority.ownIdentity(
            now: CentreFixture.now() - CertificateAuthority.certificateLife - 60_000), false
        ),
      ]
      for (name, identity, isWelcome) in callers {
        let caller = try LinkCaller(
          identity,
          to: LinkCaller.Peer(
            .terminal(TerminalID(3)), of: authority.anchor, now: CentreFixture.now))
        let client = TerminalClient(
          try LinkAddress("127.0.0.1:\(port)"), caller: caller, timeout: .seconds(30))
        let asked: [() async throws -> Void] = [
          { _ = try await client.batch() }, { _ = try await client.feed([]) },
          { _ = try await client.renewalRequest() },
        ]
        for ask in asked {
          if isWelcome {
            try await ask()
          } else {
            await #expect(throws: LinkError.self, "\(name)") { try await ask() }
          }
        }
      }
    }
  }

  /// Serves a terminal's side of pulling.
  private static func listen(
    _ pulled: PulledTerminal, _ centre: CentreFixture
  ) async throws -> (port: Int, running: Task<Void, any Error>) {
    let (ports, portFound) = AsyncStream.makeStream(of: Int.self)
    let identity = try centre.identity(of: pulled.id)
    let listener = try TerminalDoorway.service(
      centre: pulled, neighbours: nil, address: try LinkAddress("127.0.0.1:0"),
      identity: { identity },
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
      onBound: { portFound.yield($0) })
    let running = Task { try await listener.run() }
    var found = ports.makeAsyncIterator()
    return (try #require(await found.next()), running)
  }
}
