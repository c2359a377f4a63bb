import CanteenModel
import Foundation
import HTTPListener
import LinkSecurity
import Logging
import ServiceLifecycle
import SettlementService
import SettlementStore
import SyncProtocol
import Testing

@testable import SyncTransport

/// Every route in both forms, and every refusal in one shape, at the centre and at a terminal that is pulled.
@Suite(.timeLimit(.minutes(4))) struct WireCallTests {
  private static let json = [("Content-Type", "application/json")]
  private static let protobuf = [("Content-Type", "application/x-protobuf")]

  private static func inJSON(_ bytes: [UInt8], _ message: WireMessage) throws -> [UInt8] {
    try WireForm.json.write(bytes, as: message)
  }

  private static func read(
    _ answer: RawAnswer, _ message: WireMessage
  ) throws -> [UInt8] {
    try WireForm.json.read(answer.body, as: message, upTo: 1 << 20)
  }

  @Test("a terminal that speaks JSON joins, settles, is fed, asks for holds and renews")
  func allInJSON() async throws {
    try await CentreFixture.run { centre in
      let (number, key, link) = (TerminalID(7), SigningKey(), LinkKey())
      try await centre.control.add(
        TerminalEntry(number: 7, name: "窗口", publicKey: nil, pullURL: nil, canteen: 1))
      _ = try await centre.control.importAccounts(Array(SettlementFixture.accounts.utf8))
      let token = try JoinToken(try await centre.control.invite(number).token)
      let enrol = EnrolRequest(
        terminal: number, tokenSecret: token.secret,
        certificateRequest: try link.certificateRequest(), recordKey: key.publicKey)
      func call(
        _ route: WireRoute, _ bytes: [UInt8], as identity: LinkIdentity?
      ) async throws -> [UInt8] {
        guard case .message(let gives) = route.gives, let takes = route.takes else { return [] }
        let call = RawCall(
          path: route.path, headers: Self.json, body: try Self.inJSON(bytes, takes.message))
        let answer = try await call.send(to: centre.port, as: identity)
        #expect(answer.status == 200 && answer.mediaType == "application/json", "\(answer.text)")
        return try Self.read(answer, gives)
      }
      let joined = try EnrolmentCodec.decode(
        try await call(.enrol, try EnrolmentCodec.seal(enrol, key: key), as: nil))
      let identity = LinkIdentity(
        key: link, certificate: try LinkCertificate(der: joined.certificate),
        anchor: try TrustAnchor(der: joined.authority))

      var terminal = TestTerminal(7, key: key)
      try terminal.sell(1, subsidy: 1500)
      let batch = try terminal.batch()
      let ack = try await call(.deliverBatch, batch, as: identity)
      #expect(try AckCodec.open(ack, key: joined.centreKey).head == terminal.heads.last)
      // The same batch in the other form is the same batch.
      #expect(try await centre.client(showing: identity).deliver(batch: batch) == ack)
      terminal.nonce = try AckCodec.open(ack, key: joined.centreKey).nonce

      let page = try await call(.askFeed, try terminal.feedRequest(), as: identity)
      #expect(!(try FeedCodec.open(page, key: joined.centreKey).accounts.isEmpty))
      let hold = HoldRequest(
        terminal: number, id: HoldID(.random()), account: AccountID(1), asked: Fen(100),
        least: Fen(100), ownSales: [], echoedNonce: nil, challenge: .random())
      let held = try await call(.askHold, try HoldCodec.seal(hold, key: key), as: identity)
      #expect(try HoldCodec.open(answer: held, key: joined.centreKey).answers(hold))
      let refund = RefundHoldRequest(
        terminal: number, id: HoldID(.random()), seller: TerminalID(9), epoch: nil,
        sequence: SequenceNumber(1), amount: nil, challenge: .random())
      let refused = try await call(
        .askRefund, try RefundHoldCodec.seal(refund, key: key), as: identity)
      #expect(try RefundHoldCodec.open(answer: refused, key: joined.centreKey).answers(refund))
      let renew = RenewRequest(
        terminal: number, certificateRequest: try LinkKey().certificateRequest())
      let renewed = try await call(.renew, try EnrolmentCodec.seal(renew, key: key), as: identity)
      #expect(try EnrolmentCodec.decode(renewed).terminal == number)
    }
  }

  @Test("the answer has the form that is accepted, and else that of the body")
  func negotiation() async throws {
    try await CentreFixture.run { centre in
      let terminal = TestTerminal()
      try await centre.control.add(SettlementFixture.entry(terminal))
      let identity = try centre.identity(of: terminal.id)
      let batch = try terminal.batch()
      let inJSON = try Self.inJSON(batch, .batch)
      let cases: [([(String, String)], [UInt8], String)] = [
        ([], batch, "application/x-protobuf"),
        (Self.protobuf + [("Accept", "*/*")], batch, "application/x-protobuf"),
        (Self.protobuf + [("Accept", "application/json")], batch, "application/json"),
        (Self.json + [("Accept", "*/*;q=0.1")], inJSON, "application/json"),
        (Self.json + [("Accept", "application/x-protobuf")], inJSON, "application/x-protobuf"),
        (
          [("Content-Type", "Application/JSON; charset=utf-8"), ("Accept", "text/html")]
            + [("Accept", "application/json;q=0.2, application/x-protobuf;q=0.3")], inJSON,
          "application/x-protobuf"
        ),
      ]
      var answers: [String: Set<[UInt8]>] = [:]
      for (headers, body, type) in cases {
        let call = RawCall(path: WireContract.batchPath, headers: headers, body: body)
        let answer = try await call.send(to: centre.port, as: identity)
        #expect(answer.status == 200 && answer.mediaType == type, "\(headers)")
        answers[type, default: []].insert(answer.body)
      }
      // A batch that came again, in whatever form, got the stored ack, byte for byte in each form.
      #expect(answers.values.map(\.count) == [1, 1])
    }
  }

  /// A request that is refused before its body counts, and how.
  private static let refusals: [(RawCall, WireProblem)] = [
    (RawCall(path: "/v1/batch", headers: [("Content-Type", "text/xml")]), .mediaTypeUnsupported),
    (RawCall(path: "/v1/batch", headers: [("Content-Type", "")]), .mediaTypeUnsupported),
    (RawCall(path: "/v1/batch", headers: [("Accept", "text/html")]), .notAcceptable),
    (RawCall(path: "/v1/feed", headers: [("Accept", "*/*;q=0")]), .notAcceptable),
    (RawCall(path: "/v1/batch", headers: json, body: Array("{\"header\":".utf8)), .malformed),
    (RawCall(path: "/v1/batch", headers: json, body: Array("{}".utf8)), .malformed),
    (RawCall(path: "/v1/enrol", headers: json, body: Array("[1]".utf8)), .malformed),
    (RawCall(method: "PUT", path: "/v1/batch"), .methodNotAllowed),
    (RawCall(method: "GET", path: "/v1/hold"), .methodNotAllowed),
    (RawCall(path: "/healthz"), .methodNotAllowed),
    (RawCall(path: "/v2/batch"), .notFound),
    (
      RawCall(
        path: "/v1/feed", body: [UInt8](repeating: 0, count: FeedCodec.requestBytesLimit + 1)),
      .bodyTooLarge
    ),
    (
      RawCall(
        path: "/v1/batch", headers: json,
        body: [UInt8](
          repeating: 0x20, count: WireForm.json.bodyLimit(for: WireLimit.bytesPerBatch) + 1)),
      .bodyTooLarge
    ),
    (
      RawCall(
        path: "/v1/batch", headers: json,
        body: Array(String(repeating: "{\"x\":", count: 60_000).utf8)), .malformed
    ),
  ]

  @Test("what is refused for its form is refused in words, as a problem with a name")
  func refusals() async throws {
    try await CentreFixture.run { centre in
      let terminal = TestTerminal()
      try await centre.control.add(SettlementFixture.entry(terminal))
      let identity = try centre.identity(of: terminal.id)
      for (call, expected) in Self.refusals {
        let answer = try await call.send(to: centre.port, as: identity)
        let problem = try #require(answer.problem, "\(call.path): \(answer.text)")
        #expect(WireProblem(uri: problem.type) == expected, "\(call): \(answer.text)")
        #expect(problem.status == answer.status && answer.status == expected.status)
        #expect(problem.title == expected.title && problem.remedy == expected.remedy)
        #expect(!problem.detail.isEmpty)
        if expected == .methodNotAllowed { #expect(answer.field("Allow") != nil) }
      }
      #expect(try await centre.control.report().totals.records == 0)
      let head = try await RawCall(method: "HEAD", path: "/v1/batch").send(
        to: centre.port, as: identity)
      #expect(head.status == 405 && head.body.isEmpty)
      let authority = try await RawCall(
        method: "GET", path: "/v1/authority", headers: [("Accept", "text/html")]
      ).send(to: centre.port, as: nil)
      #expect(authority.status == 200 && authority.mediaType == "application/x-pem-file")
    }
  }

  @Test("JSON that is nested 30,000 deep is refused each time, and the centre serves on")
  func deep() async throws {
    try await CentreFixture.run { centre in
      let terminal = TestTerminal()
      try await centre.control.add(SettlementFixture.entry(terminal))
      let identity = try centre.identity(of: terminal.id)
      for piece in ["{\"x\":", "[", "{\"header\":"] {
        let call = RawCall(
          path: WireContract.batchPath, headers: Self.json,
          body: Array(("{\"x\":" + String(repeating: piece, count: 30_000)).utf8))
        for _ in 0..<5 {
          #expect(try await call.send(to: centre.port, as: identity).status == 400)
        }
      }
      _ = try await centre.client(showing: identity).deliver(batch: try terminal.batch())
    }
  }
}

/// What a terminal says that is pulled, always the same.
private struct CannedTerminal: PullEndpoint {
  let bytes: [UInt8]
  let signed: [UInt8]
  let refusal: PullRefusal?

  private func answer(_ bytes: [UInt8]) throws(PullRefusal) -> [UInt8] {
    if let refusal { throw refusal }
    return bytes
  }

  func batch() async throws(PullRefusal) -> [UInt8] { try answer(bytes) }

  func acknowledge(_ ack: [UInt8]) async throws(PullRefusal) {
    guard ack == signed else { throw .notAccepted("another ack") }
  }

  func feed(_ page: [UInt8]) async throws(PullRefusal) -> [UInt8] {
    guard page.isEmpty || page == signed else { throw .notAccepted("another page") }
    return try answer(signed)
  }

  func renewalRequest() async throws(PullRefusal) -> [UInt8] { try answer([]) }
  func renew(_ enrolment: [UInt8]) async throws(PullRefusal) { _ = try answer([]) }
  func judges(_ certificate: LinkCertificate) async -> Bool { true }
}

extension WireCallTests {
  private func terminal(
    refusing refusal: PullRefusal? = nil,
    _ body: (Int, LinkIdentity, CannedTerminal, CertificateAuthority) async throws -> Void
  ) async throws {
    let authority = try CertificateAuthority(now: CentreFixture.now())
    let key = LinkKey()
    let shown = LinkIdentity(
      key: key,
      certificate: try authority.certificate(
        for: .terminal(TerminalID(3)), request: try key.certificateRequest(),
        now: CentreFixture.now()), anchor: authority.anchor)
    var chain = TestTerminal()
    try chain.sell(1, subsidy: 100)
    let canned = CannedTerminal(
      bytes: try chain.batch(), signed: try chain.key.signedMessage([1, 2], as: .ack),
      refusal: refusal)
    let (ports, portFound) = AsyncStream.makeStream(of: Int.self)
    let listener = try TerminalDoorway.service(
      centre: canned, neighbours: nil, address: try LinkAddress("127.0.0.1:0"), identity: { shown },
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
      onBound: { portFound.yield($0) })
    let running = Task { try await listener.run() }
    defer { running.cancel() }
    var found = ports.makeAsyncIterator()
    let port = try #require(await found.next())
    try await body(port, try authority.ownIdentity(now: CentreFixture.now()), canned, authority)
  }

  @Test("a centre that speaks JSON fetches, acknowledges, feeds and renews")
  func pulledInJSON() async throws {
    try await terminal { port, centre, canned, _ in
      func call(
        _ method: String, _ path: String, _ body: [UInt8] = [], status: Int = 200
      ) async throws -> RawAnswer {
        let answer = try await RawCall(
          method: method, path: path, headers: Self.json + [("Accept", "application/json")],
          body: body
        ).send(to: port, as: centre)
        #expect(answer.status == status, "\(path): \(answer.text)")
        #expect(answer.mediaType == (status == 200 ? "application/json" : Problem.mediaType))
        return answer
      }
      let signed = try Self.inJSON(canned.signed, .signed)
      #expect(try Self.read(try await call("GET", "/v1/batch"), .batch) == canned.bytes)
      #expect(try await call("POST", "/v1/ack", signed).text == "{}")
      #expect(try await call("POST", "/v1/feed", signed).body == signed)
      #expect(try await call("POST", "/v1/feed").body == signed)
      #expect(try await call("POST", "/v1/feed", Array("{}".utf8)).body == signed)
      #expect(try await call("GET", "/v1/renewal").text == "{}")
      #expect(try await call("POST", "/v1/renewal", Array("{\"format\": 1}".utf8)).text == "{}")
      let other = try await call("POST", "/v1/ack", Array("{}".utf8), status: 409)
      #expect(WireProblem(uri: other.problem?.type ?? "") == .notAccepted)
      for (method, path, status) in [
        ("GET", "/v1/ack", 405), ("DELETE", "/v1/batch", 405), ("GET", "/v1/hold", 404),
      ] as [(String, String, Int)] {
        let answer = try await call(method, path, status: status)
        #expect(answer.problem?.status == status)
      }
      let protobuf = try await RawCall(method: "GET", path: "/v1/batch").send(to: port, as: centre)
      #expect(protobuf.body == canned.bytes && protobuf.mediaType == "application/x-protobuf")
    }
  }

  @Test("a terminal says as a problem why it does not do what it was asked")
  func pulledRefuses() async throws {
    try await terminal(refusing: .notNow("no batch is due")) { port, centre, _, authority in
      let answer = try await RawCall(method: "GET", path: "/v1/batch").send(to: port, as: centre)
      #expect(WireProblem(uri: answer.problem?.type ?? "") == .notNow)
      #expect(answer.status == 503 && answer.field("Retry-After") != nil)
      #expect(answer.problem?.detail == "no batch is due")
      let key = LinkKey()
      let other = LinkIdentity(
        key: key,
        certificate: try authority.certificate(
          for: .terminal(TerminalID(4)), request: try key.certificateRequest(),
          now: CentreFixture.now()), anchor: authority.anchor)
      let stranger = try await RawCall(method: "GET", path: "/v1/batch").send(to: port, as: other)
      #expect(WireProblem(uri: stranger.problem?.type ?? "") == .notAdmitted)
    }
  }
}
