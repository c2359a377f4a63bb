import CanteenModel
import HTTPTypes
package import Hummingbird
package import Logging
import NIOCore
package import SettlementStore
import SyncProtocol
package import SyncTransport

/// The centre's listener for terminals that push: loopback only, behind the shared token.
package enum TerminalListener {
  /// Names what was seen in a batch that was answered all the same: `fork`, `staleCopy`, `gap`.
  private static let flagsHeader = "Canteen-Flags"

  /// - Parameter onBound: Told the port when the socket is open.
  package static func application(
    books: Books, address: LoopbackAddress, token: SharedToken, logger: Logger,
    onBound: @escaping @Sendable (Int) async -> Void = { _ in }
  ) -> some ApplicationProtocol {
    let router = Router()
    router.add(middleware: ProblemShape())
    router.addHealth(of: books)
    let gated = router.group().add(middleware: TokenGate(token: token))
    gated.post(RouterPath(WireContract.batchPath)) { request, _ in
      try await take(request, into: books, logger: logger)
    }
    gated.post(RouterPath(WireContract.feedPath)) { request, _ in
      let terminal = try terminal(of: request)
      let body = try await request.body.collect(upTo: FeedCodec.requestBytesLimit)
      let answer = try await books.feedPage(asked: Array(body.readableBytesView), by: terminal)
      logger.seen(answer.flags, at: terminal)
      return wire(answer.bytes)
    }
    gated.post(RouterPath(WireContract.holdPath)) { request, _ in
      let terminal = try terminal(of: request)
      let body = try await request.body.collect(upTo: HoldCodec.requestBytesLimit)
      return wire(try await books.hold(asked: Array(body.readableBytesView), by: terminal).bytes)
    }
    gated.post(RouterPath(WireContract.refundPath)) { request, _ in
      let terminal = try terminal(of: request)
      let body = try await request.body.collect(upTo: RefundHoldCodec.requestBytesLimit)
      return wire(try await books.refundHold(asked: Array(body.readableBytesView), by: terminal))
    }
    return Application(
      router: router,
      configuration: .init(
        address: .hostname(address.host, port: address.port), serverName: "canteen-settlement"),
      onServerRunning: { channel in await onBound(channel.localAddress?.port ?? 0) },
      logger: logger)
  }

  private static func take(
    _ request: Request, into books: Books, logger: Logger
  ) async throws -> Response {
    let terminal = try terminal(of: request)
    let body = try await request.body.collect(upTo: WireLimit.bytesPerBatch)
    switch try await books.take(batch: Array(body.readableBytesView), from: terminal) {
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

  private static func terminal(of request: Request) throws(Problem) -> TerminalID {
    let name = HTTPField.Name(WireContract.terminalHeader)
    guard let name, let text = request.headers[name], let number = UInt32(text), number > 0 else {
      throw Problem(
        .badRequest, "the header \(WireContract.terminalHeader) holds the terminal's number")
    }
    return TerminalID(number)
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
