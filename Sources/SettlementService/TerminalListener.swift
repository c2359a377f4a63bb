import CanteenModel
package import HTTPListener
import HTTPTypes
import Hummingbird
package import LinkSecurity
package import Logging
import NIOCore
package import SettlementStore
import SyncProtocol
package import SyncTransport

/// The centre's listener for terminals: over TLS 1.3, each known by its certificate and by nothing that it
/// says. Without one a terminal can only join.
package enum TerminalListener {
  /// Names what was seen in a batch that was answered all the same: `fork`, `staleCopy`, `gap`.
  private static let flagsHeader = "Canteen-Flags"

  /// - Parameters:
  ///   - patience: As of ``ListenerTLS``.
  ///   - onBound: Told the port when the socket is open.
  /// - Throws: ``LinkSecurityError``.
  package static func service(
    books: Books, identity: CentreIdentity, address: LinkAddress, patience: Duration,
    logger: Logger,
    onBound: @escaping @Sendable (Int) async -> Void = { _ in }
  ) throws(LinkSecurityError) -> HTTPListener {
    let router = Router(context: ListenerContext.self)
    router.add(middleware: ProblemShape())
    router.addHealth(of: books)
    let door = TerminalDoor(books: books, identity: identity)
    let start = ContinuousClock.now
    let gate = IntakeGate { ContinuousClock.now.milliseconds(since: start) }
    addJoining(to: router, door)
    addSettling(to: router, door, gate, logger: logger)
    addHolds(to: router, door, gate)
    let configuration = try LinkIdentity.listenerConfiguration(mayBeNobody: true) {
      identity.current
    }
    let anchor = identity.authority.anchor
    return HTTPListener(
      router, address: .hostname(address.host, port: address.port),
      tls: ListenerTLS(configuration, patience: patience) { await anchor.knows($0) },
      serverName: "canteen-settlement", logger: logger,
      onBound: { channel in await onBound(channel.localAddress?.port ?? 0) })
  }

  private static func addJoining(to router: Router<ListenerContext>, _ door: TerminalDoor) {
    router.get(RouterPath(WireContract.authorityPath)) { _, _ in
      Response(
        status: .ok, headers: [.contentType: "application/x-pem-file"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: door.identity.authority.anchor.pem)))
    }
    router.post(RouterPath(WireContract.enrolPath)) { request, _ in
      let body = try await request.bytes(upTo: EnrolmentCodec.bytesLimit)
      return wire(try await door.join(body))
    }
    router.post(RouterPath(WireContract.renewPath)) { request, context in
      let terminal = try await door.terminal(in: context, mayHaveExpired: true)
      let body = try await request.bytes(upTo: EnrolmentCodec.bytesLimit)
      return wire(try await door.renew(body, by: terminal))
    }
  }

  private static func addSettling(
    to router: Router<ListenerContext>, _ door: TerminalDoor, _ gate: IntakeGate, logger: Logger
  ) {
    router.post(RouterPath(WireContract.batchPath)) { request, context in
      let terminal = try await door.terminal(in: context, mayHaveExpired: true)
      return try await gate.admitting(terminal, for: .settling) {
        let body = try await request.bytes(upTo: WireLimit.bytesPerBatch)
        return try await take(body, from: terminal, into: door.books, logger: logger)
      }
    }
    router.post(RouterPath(WireContract.feedPath)) { request, context in
      let terminal = try await door.terminal(in: context)
      return try await gate.admitting(terminal, for: .settling) {
        let body = try await request.bytes(upTo: FeedCodec.requestBytesLimit)
        let answer = try await door.books.feedPage(asked: body, by: terminal)
        logger.seen(answer.flags, at: terminal)
        return wire(answer.bytes)
      }
    }
  }

  private static func addHolds(
    to router: Router<ListenerContext>, _ door: TerminalDoor, _ gate: IntakeGate
  ) {
    router.post(RouterPath(WireContract.holdPath)) { request, context in
      let terminal = try await door.terminal(in: context)
      return try await gate.admitting(terminal, for: .asking) {
        let body = try await request.bytes(upTo: HoldCodec.requestBytesLimit)
        return wire(try await door.books.hold(asked: body, by: terminal).bytes)
      }
    }
    router.post(RouterPath(WireContract.refundPath)) { request, context in
      let terminal = try await door.terminal(in: context)
      return try await gate.admitting(terminal, for: .asking) {
        let body = try await request.bytes(upTo: RefundHoldCodec.requestBytesLimit)
        return wire(try await door.books.refundHold(asked: body, by: terminal))
      }
    }
  }

  private static func take(
    _ batch: [UInt8], from terminal: TerminalID, into books: Books, logger: Logger
  ) async throws -> Response {
    switch try await books.take(batch: batch, from: terminal) {
    case .acknowledged(let receipt):
      logger.taken(receipt, from: terminal)
      var response = wire(receipt.ack)
      if !receipt.flags.isEmpty, let name = HTTPField.Name(flagsHeader) {
        response.headers[name] = receipt.flags.map(\.rawValue).joined(separator: ", ")
      }
      return response
    case .unknownEpoch(let newest):
      throw Problem(
        .conflict,
        "this epoch is not open here (the newest is \(newest?.description ?? "none, begin with 1"))"
          + ": keep the records and ask the operator of the centre")
    }
  }

  private static func wire(_ bytes: [UInt8]) -> Response {
    Response(
      status: .ok, headers: [.contentType: WireContract.mediaType],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }
}

extension RouterMethods {
  /// `GET /healthz`: whether the books take records. Open to everybody; it says nothing else.
  func addHealth(of books: Books) {
    get("/healthz") { _, _ in
      if let failure = books.failure { throw Problem(failure) }
      return try Response(json: ["status": "ok"])
    }
  }
}

extension Logger {
  /// Tells the log what a batch brought: numbers only, nothing about diners.
  func taken(_ receipt: IntakeReceipt, from terminal: TerminalID) {
    seen(receipt.flags, at: terminal)
    guard receipt.added > 0 else { return }
    info("records taken", metadata: ["terminal": "\(terminal)", "records": "\(receipt.added)"])
  }

  /// Tells the log what people must look at.
  func seen(_ flags: [FlagKind], at terminal: TerminalID) {
    guard !flags.isEmpty else { return }
    error(
      "a terminal needs a look: canteen-settlement report",
      metadata: [
        "terminal": "\(terminal)",
        "flags": "\(flags.map(\.rawValue).joined(separator: ","))",
      ])
  }
}
