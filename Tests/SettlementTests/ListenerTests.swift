import AsyncHTTPClient
import CanteenModel
import LinkSecurity
import NIOCore
import NIOHTTP1
import SettlementService
import SettlementStore
import SyncProtocol
import Testing

@testable import SyncTransport

@Suite(.everyStore, .namingStore, .timeLimit(.minutes(4))) struct ListenerTests {
  @Test("a terminal that pushes is acknowledged and fed, and a repeated batch gets the same bytes")
  func push() async throws {
    try await CentreFixture.run { centre in
      var terminal = TestTerminal()
      try terminal.sell(1, subsidy: 1500)
      try await centre.control.add(SettlementFixture.entry(terminal))
      _ = try await centre.control.importAccounts(Array(SettlementFixture.accounts.utf8))
      let client = try centre.client(of: terminal.id)
      let batch = try terminal.batch()
      let ack = try await client.deliver(batch: batch)
      #expect(try await client.deliver(batch: batch) == ack)
      let key = try centre.key
      #expect(try AckCodec.open(ack, key: key).head == terminal.heads.last)

      terminal.nonce = try AckCodec.open(ack, key: key).nonce
      let request = try terminal.feedRequest()
      let page = try FeedCodec.open(try await client.feed(request: request), key: key)
      #expect(page.accounts.last?.balance.subsidy == Fen(20_000 - 1500))
      #expect(page.accounts.last?.includes?.sequence == SequenceNumber(1))
      let report = try await centre.control.report()
      #expect(report.totals.payableFen == 1500)
      #expect(try await centre.control.check().isGood)
      #expect(try await centre.control.records(of: terminal.id, limit: 10).count == 1)
    }
  }

  @Test("a terminal that pushes can ask for a hold, and the operator sees it and can give it up")
  func hold() async throws {
    try await CentreFixture.run { centre in
      let terminal = TestTerminal()
      try await centre.control.add(SettlementFixture.entry(terminal))
      _ = try await centre.control.importAccounts(Array(SettlementFixture.accounts.utf8))
      let client = try centre.client(of: terminal.id)
      let request = HoldRequest(
        terminal: terminal.id, id: HoldID(.random()), account: AccountID(1), asked: Fen(6_000),
        least: Fen(6_000), ownSales: [], echoedNonce: nil, challenge: .random())
      let bytes = try HoldCodec.seal(request, key: terminal.key)
      let key = try centre.key
      let answer = try HoldCodec.open(
        answer: try await client.hold(request: bytes, within: .seconds(10)), key: key)
      #expect(answer.verdict == .granted(Fen(6_000)))
      #expect(answer.answers(request))
      #expect(try await centre.control.holds().map(\.grantedFen) == [6_000])
      #expect(try await centre.control.giveUpHold(request.id).account == 1)
      #expect(try await centre.control.holds().isEmpty)
      await #expect(throws: ControlRefusal.self) {
        try await centre.control.giveUpHold(request.id)
      }
      await #expect(throws: LinkError.self) {
        try await client.hold(
          request: bytes.dropLast() + [(bytes.last ?? 0) ^ 1], within: .seconds(10))
      }
      await #expect(throws: LinkError.self) {
        try await client.hold(
          request: [UInt8](repeating: 0, count: HoldCodec.requestBytesLimit + 1),
          within: .seconds(10))
      }
    }
  }

  @Test("every refusal is a problem that says what to do")
  func refusals() async throws {
    try await CentreFixture.run { centre in
      var terminal = TestTerminal()
      for _ in 0..<2 { try terminal.sell(1, subsidy: 100) }
      try await centre.control.add(SettlementFixture.entry(terminal))
      let late = try terminal.newLedger(epoch: 2, token: nil).batch()
      let (known, unknown) = (
        try centre.identity(of: terminal.id), try centre.identity(of: TerminalID(9))
      )
      let cases: [(shown: LinkIdentity?, body: [UInt8], status: UInt, text: String)] = [
        (nil, late, 401, "canteenctl enrol"),
        (unknown, late, 403, "terminal add"),
        (known, [1, 2, 3], 400, "wire contract"),
        (known, late, 409, "not open"),
        (known, [UInt8](repeating: 0, count: WireLimit.bytesPerBatch + 1), 413, "limit"),
      ]
      for (shown, body, status, text) in cases {
        let (found, type, answer) = try await Self.post("/v1/batch", body, shown, centre)
        #expect(found == status)
        #expect(type == "application/problem+json")
        #expect(answer.contains(text), "\(answer)")
      }
      let nothing = try await Self.post("/v1/nothing", [], known, centre).status
      #expect(nothing == 404)
      #expect(try await centre.control.report().totals.records == 0)
    }
  }

  @Test("a batch of a whole 256 KiB is read, not refused for its size")
  func bodyLimit() async throws {
    try await CentreFixture.run { centre in
      let terminal = TestTerminal()
      try await centre.control.add(SettlementFixture.entry(terminal))
      let body = [UInt8](repeating: 0, count: WireLimit.bytesPerBatch)
      let shown = try centre.identity(of: terminal.id)
      let status = try await Self.post("/v1/batch", body, shown, centre).status
      #expect(status == 400, "read whole, and refused because it is no batch")
    }
  }

  @Test("the operator's socket refuses what the books refuse, with the same words")
  func adminRefusals() async throws {
    try await CentreFixture.run { centre in
      let terminal = TestTerminal()
      try await centre.control.add(SettlementFixture.entry(terminal))
      await #expect(throws: ControlRefusal.self) {
        try await centre.control.add(SettlementFixture.entry(TestTerminal()))
      }
      let far = SettlementFixture.entry(TestTerminal(5), pullURL: "http://centre.example.org:8701")
      await #expect(throws: ControlRefusal.self) { try await centre.control.add(far) }
      await #expect(
        throws: ControlRefusal.invalid(
          "terminal 9 is not known: canteen-settlement terminal add --help")
      ) { try await centre.control.records(of: TerminalID(9), limit: 1) }
      await #expect(throws: ControlRefusal.self) {
        try await centre.control.importAccounts(Array("nothing".utf8))
      }
      #expect(try await centre.control.terminals().map(\.number) == [3])
    }
  }

  private static func post(
    _ path: String, _ body: [UInt8], _ shown: LinkIdentity?, _ centre: CentreFixture
  ) async throws -> (status: UInt, type: String?, answer: String) {
    let client = HTTPClient(
      configuration: HTTPClient.Configuration(
        tlsConfiguration: try LinkIdentity.callerConfiguration(shown)))
    var request = HTTPClientRequest(url: try centre.address.url + path)
    request.method = .POST
    request.body = .bytes(ByteBuffer(bytes: body))
    let result: Result<(UInt, String?, String), any Error>
    do {
      let response = try await client.execute(request, timeout: .seconds(10))
      let answer = String(buffer: try await response.body.collect(upTo: 1 << 20))
      result = .success(
        (response.status.code, response.headers.first(name: "Content-Type"), answer))
    } catch {
      result = .failure(error)
    }
    try await client.shutdown()
    return try result.get()
  }
}
