import AsyncHTTPClient
import CanteenModel
import NIOCore
import NIOHTTP1
import SettlementService
import SettlementStore
import SyncProtocol
import SyncTransport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ListenerTests {
  @Test("a terminal that pushes is acknowledged and fed, and a repeated batch gets the same bytes")
  func push() async throws {
    try await CentreFixture.run { centre in
      var terminal = TestTerminal()
      try terminal.sell(1, subsidy: 1500)
      try await centre.control.add(SettlementFixture.entry(terminal))
      _ = try await centre.control.importAccounts(Array(SettlementFixture.accounts.utf8))
      let client = CentreClient(
        centre: try centre.address, token: centre.token, terminal: terminal.id)
      let batch = try terminal.batch()
      let ack = try await client.deliver(batch: batch)
      #expect(try await client.deliver(batch: batch) == ack)
      let key = try VerifyingKey(
        rawBytes: try #require(Hexadecimal.bytes(try Centre.publicKey(centre.configuration))))
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
      let client = CentreClient(
        centre: try centre.address, token: centre.token, terminal: terminal.id)
      let request = HoldRequest(
        terminal: terminal.id, id: HoldID(.random()), account: AccountID(1), asked: Fen(6_000),
        least: Fen(6_000), ownSales: [], echoedNonce: nil, challenge: .random())
      let bytes = try HoldCodec.seal(request, key: terminal.key)
      let key = try VerifyingKey(
        rawBytes: try #require(Hexadecimal.bytes(try Centre.publicKey(centre.configuration))))
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
      let good = [("Authorization", "Bearer a token for tests"), ("Canteen-Terminal", "3")]
      let late = try terminal.newLedger(epoch: 2, token: nil).batch()
      let cases: [(headers: [(String, String)], body: [UInt8], status: UInt, text: String)] = [
        ([], late, 401, "Authorization"),
        ([("Authorization", "Bearer b token for tests")], late, 401, "Authorization"),
        ([good[0]], late, 400, "Canteen-Terminal"),
        ([good[0], ("Canteen-Terminal", "9")], late, 403, "terminal add 9"),
        (good, [1, 2, 3], 400, "wire contract"),
        (good, late, 409, "not open"),
        (good, [UInt8](repeating: 0, count: WireLimit.bytesPerBatch + 1), 413, "limit"),
      ]
      for (headers, body, status, text) in cases {
        let (found, type, answer) = try await Self.post("/v1/batch", headers, body, centre)
        #expect(found == status)
        #expect(type == "application/problem+json")
        #expect(answer.contains(text), "\(answer)")
      }
      let nothing = try await Self.post("/v1/nothing", good, [], centre).status
      #expect(nothing == 404)
      #expect(try await centre.control.report().totals.records == 0)
    }
  }

  @Test("a batch of a whole 256 KiB is read, not refused for its size")
  func bodyLimit() async throws {
    try await CentreFixture.run { centre in
      let good = [("Authorization", "Bearer a token for tests"), ("Canteen-Terminal", "3")]
      let body = [UInt8](repeating: 0, count: WireLimit.bytesPerBatch)
      let status = try await Self.post("/v1/batch", good, body, centre).status
      #expect(status == 403, "read whole, and refused because nobody added terminal 3")
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
          "terminal 9 is not known: canteen-settlement terminal add 9 --help")
      ) { try await centre.control.records(of: TerminalID(9), limit: 1) }
      await #expect(throws: ControlRefusal.self) {
        try await centre.control.importAccounts(Array("nothing".utf8))
      }
      #expect(try await centre.control.terminals().map(\.number) == [3])
    }
  }

  private static func post(
    _ path: String, _ headers: [(String, String)], _ body: [UInt8], _ centre: CentreFixture
  ) async throws -> (status: UInt, type: String?, answer: String) {
    var request = HTTPClientRequest(url: try centre.address.url + path)
    request.method = .POST
    request.body = .bytes(ByteBuffer(bytes: body))
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
    let answer = try await response.body.collect(upTo: 1 << 20)
    return (
      response.status.code, response.headers.first(name: "Content-Type"), String(buffer: answer)
    )
  }
}
