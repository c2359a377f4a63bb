package import HTTPListener
import HTTPTypes
import Hummingbird
package import LinkSecurity
package import Logging
import NIOCore
import SyncProtocol

/// What the centre may ask of a terminal that it pulls from. Bytes in, bytes out.
package protocol PullEndpoint: Sendable {
  /// The next batch; it may hold no record.
  func batch() async throws(PullRefusal) -> [UInt8]
  /// Takes an ack and makes it durable.
  func acknowledge(_ ack: [UInt8]) async throws(PullRefusal)
  /// Takes a page of the feed, or nothing.
  ///
  /// - Returns: The request for the next page.
  func feed(_ page: [UInt8]) async throws(PullRefusal) -> [UInt8]
  /// The request for a new certificate; none when no new one is due.
  func renewalRequest() async throws(PullRefusal) -> [UInt8]
  /// Takes a new certificate and makes it durable.
  func renew(_ enrolment: [UInt8]) async throws(PullRefusal)
  /// Whom the terminal believes, by the time that it knows.
  func judges(_ certificate: LinkCertificate) async -> Bool
}

/// Why a terminal does not do what the centre asked.
package enum PullRefusal: Error, Equatable, Sendable {
  /// The bytes are wrong, or not from the centre.
  case notAccepted(String)
  /// The terminal cannot answer now.
  case notNow(String)
}

/// The terminal's listener for a centre that pulls: these routes over TLS 1.3, and nobody but the centre.
package enum PullListener {
  /// - Parameter identity: What the terminal shows, asked anew for each caller.
  /// - Throws: ``LinkSecurityError``.
  package static func service(
    _ endpoint: some PullEndpoint, address: LinkAddress,
    identity: @escaping @Sendable () -> LinkIdentity, logger: Logger,
    onBound: @escaping @Sendable (Int) async -> Void = { _ in }
  ) throws(LinkSecurityError) -> HTTPListener {
    let router = Router(context: ListenerContext.self)
    router.add(middleware: CentreGate(endpoint: endpoint))
    router.get("/v1/batch") { _, _ in
      try await answering { () throws(PullRefusal) in try await endpoint.batch() }
    }
    router.post("/v1/ack") { request, _ in
      let body = try await request.bytes(upTo: 4096)
      return try await answering { () throws(PullRefusal) in
        try await endpoint.acknowledge(body)
        return []
      }
    }
    router.post("/v1/feed") { request, _ in
      let body = try await request.bytes(upTo: FeedCodec.bytesLimit)
      return try await answering { () throws(PullRefusal) in try await endpoint.feed(body) }
    }
    router.get("/v1/renewal") { _, _ in
      try await answering { () throws(PullRefusal) in try await endpoint.renewalRequest() }
    }
    router.post("/v1/renewal") { request, _ in
      let body = try await request.bytes(upTo: EnrolmentCodec.bytesLimit)
      return try await answering { () throws(PullRefusal) in
        try await endpoint.renew(body)
        return []
      }
    }
    let configuration = try LinkIdentity.listenerConfiguration(
      mayBeNobody: false, identity: identity)
    return HTTPListener(
      router, address: .hostname(address.host, port: address.port),
      tls: ListenerTLS(configuration) { await identity().anchor.knows($0) },
      serverName: "canteen", logger: logger,
      onBound: { channel in await onBound(channel.localAddress?.port ?? 0) })
  }

  private static func answering(
    _ body: () async throws(PullRefusal) -> [UInt8]
  ) async throws -> Response {
    do {
      return Response(
        status: .ok, headers: [.contentType: WireContract.mediaType],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: try await body())))
    } catch {
      switch error {
      case .notAccepted(let reason): throw HTTPError(.conflict, message: reason)
      case .notNow(let reason): throw HTTPError(.serviceUnavailable, message: reason)
      }
    }
  }
}

/// Lets nobody in but the centre. The handshake let in whoever the authority signed for; a connection may
/// outlive a certificate.
private struct CentreGate<Endpoint: PullEndpoint>: RouterMiddleware {
  typealias Context = ListenerContext

  let endpoint: Endpoint

  func handle(
    _ request: Request, context: ListenerContext,
    next: @concurrent (Request, ListenerContext) async throws -> Response
  ) async throws -> Response {
    guard let shown = try await context.linkCertificate, shown.role == .centre else {
      throw HTTPError(.forbidden, message: "only the centre may ask here")
    }
    guard await endpoint.judges(shown) else {
      throw HTTPError(.forbidden, message: "the centre's certificate has expired")
    }
    return try await next(request, context)
  }
}
