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
  /// - Parameters:
  ///   - patience: As of ``ListenerTLS``.
  ///   - onBound: Told the port when the socket is open.
  /// - Throws: ``LinkSecurityError``.
  package static func service(
    books: Books, identity: CentreIdentity, address: LinkAddress, patience: Duration,
    logger: Logger,
    onBound: @escaping @Sendable (Int) async -> Void = { _ in }
  ) throws(LinkSecurityError) -> HTTPListener {
    let start = ContinuousClock.now
    let gate = IntakeGate { ContinuousClock.now.milliseconds(since: start) }
    let router = Router(context: ListenerContext.self)
    router.add(middleware: LargeBodies(gate: gate))
    router.add(middleware: ProblemShape(routes: WireRoute.ofCentre))
    router.serve(.health) { try Health.of(books) }
    let door = TerminalDoor(books: books, identity: identity)
    addJoining(to: router, door, gate)
    addSettling(to: router, door, gate, logger: logger)
    addHolds(to: router, door, gate)
    addNews(to: router, door, gate)
    let configuration = try LinkIdentity.listenerConfiguration(mayBeNobody: true) {
      identity.current
    }
    let anchor = identity.authority.anchor
    return HTTPListener(
      router, address: .hostname(address.host, port: address.port),
      tls: ListenerTLS(configuration, patience: patience) { await anchor.knows($0) },
      serverName: "canteen-settlement", connections: ConnectionRoom.now, logger: logger,
      onBound: { channel in await onBound(channel.localAddress?.port ?? 0) })
  }

  private static func addJoining(
    to router: Router<ListenerContext>, _ door: TerminalDoor, _ gate: IntakeGate
  ) {
    router.serve(.authority) { Array(door.identity.authority.anchor.pem.utf8) }
    router.serve(.enrol) { call, _ in
      try await gate.admittingStranger {
        try await call.answering { body in try await door.join(body) }
      }
    }
    router.serve(.renew) { call, context in
      let terminal = try await door.terminal(in: context, mayHaveExpired: true)
      return try await gate.admitting(terminal, for: .settling) {
        try await call.answering { body in try await door.renew(body, by: terminal) }
      }
    }
  }

  private static func addSettling(
    to router: Router<ListenerContext>, _ door: TerminalDoor, _ gate: IntakeGate, logger: Logger
  ) {
    router.serve(.deliverBatch) { call, context in
      let terminal = try await door.terminal(in: context, mayHaveExpired: true)
      return try await gate.admitting(terminal, for: .settling) {
        try await take(call, from: terminal, into: door.books, logger: logger)
      }
    }
    router.serve(.askFeed) { call, context in
      let terminal = try await door.terminal(in: context)
      return try await gate.admitting(terminal, for: .settling) {
        try await call.answering { body in
          let answer = try await door.books.feedPage(asked: body, by: terminal)
          logger.seen(answer.flags, at: terminal)
          return answer.bytes
        }
      }
    }
  }

  private static func addNews(
    to router: Router<ListenerContext>, _ door: TerminalDoor, _ gate: IntakeGate
  ) {
    router.serve(.askNews) { call, context in
      let terminal = try await door.terminal(in: context)
      return try await gate.admitting(terminal, for: .waiting) {
        try await call.answering { body in
          let (known, wait) = try NewsCodec.decode(request: body)
          return try NewsCodec.encode(
            news: await door.books.news.number(otherThan: known, within: wait))
        }
      }
    }
  }

  private static func addHolds(
    to router: Router<ListenerContext>, _ door: TerminalDoor, _ gate: IntakeGate
  ) {
    router.serve(.askHold) { call, context in
      let terminal = try await door.terminal(in: context)
      return try await gate.admitting(terminal, for: .asking) {
        try await call.answering { body in
          try await door.books.hold(asked: body, by: terminal).bytes
        }
      }
    }
    router.serve(.askRefund) { call, context in
      let terminal = try await door.terminal(in: context)
      return try await gate.admitting(terminal, for: .asking) {
        try await call.answering { body in
          try await door.books.refundHold(asked: body, by: terminal)
        }
      }
    }
  }

  private static func take(
    _ call: WireCall, from terminal: TerminalID, into books: Books, logger: Logger
  ) async throws -> Response {
    var flags: [FlagKind] = []
    var response = try await call.answering { batch in
      switch try await books.take(batch: batch, from: terminal) {
      case .acknowledged(let receipt):
        logger.taken(receipt, from: terminal)
        flags = receipt.flags
        return receipt.ack
      case .unknownEpoch(let newest):
        throw Problem(
          .epochNotOpen,
          "this epoch is not open here (the newest is "
            + "\(newest?.description ?? "none, begin with 1"))"
            + ": keep the records and ask the operator of the centre")
      }
    }
    if !flags.isEmpty, let name = HTTPField.Name(WireContract.flagsField) {
      response.headers[name] = flags.map(\.rawValue).joined(separator: ", ")
    }
    return response
  }
}

/// Whether the books take records. Open to everybody; it says nothing else.
enum Health {
  /// - Throws: ``Problem``.
  static func of(_ books: Books) throws -> [UInt8] {
    if let failure = books.failure { throw failure.problem }
    return Array(#"{"status":"ok"}"#.utf8)
  }

  /// - Throws: ``Problem``.
  static func answer(of books: Books) throws -> Response {
    Response(
      status: .ok, headers: [.contentType: WireForm.json.mediaType],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: try of(books))))
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
