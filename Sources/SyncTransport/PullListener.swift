package import HTTPListener
import HTTPTypes
package import Hummingbird
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
}

/// Why a terminal does not do what the centre asked.
package enum PullRefusal: Error, Equatable, Sendable {
  /// The bytes are wrong, or not from the centre.
  case notAccepted(String)
  /// The terminal cannot answer now.
  case notNow(String)
}

/// The terminal's listener for a centre that pulls: these three routes, on loopback, behind the token.
package enum PullListener {
  /// - Parameter onBound: Told the port when the socket is open.
  package static func service(
    _ endpoint: some PullEndpoint, address: LoopbackAddress, token: SharedToken, logger: Logger,
    onBound: @escaping @Sendable (Int) async -> Void = { _ in }
  ) -> HTTPListener {
    let router = Router(context: ListenerContext.self)
    router.add(middleware: TokenGate(token: token))
    router.get("/v1/batch") { _, _ in
      try await answering { () throws(PullRefusal) in try await endpoint.batch() }
    }
    router.post("/v1/ack") { request, _ in
      let body = try await body(of: request, limit: 4096)
      return try await answering { () throws(PullRefusal) in
        try await endpoint.acknowledge(body)
        return []
      }
    }
    router.post("/v1/feed") { request, _ in
      let body = try await body(of: request, limit: FeedCodec.bytesLimit)
      return try await answering { () throws(PullRefusal) in try await endpoint.feed(body) }
    }
    return HTTPListener(
      router, address: .hostname(address.host, port: address.port), serverName: "canteen",
      logger: logger, onBound: { channel in await onBound(channel.localAddress?.port ?? 0) })
  }

  private static func body(of request: Request, limit: Int) async throws -> [UInt8] {
    Array(try await request.body.collect(upTo: limit).readableBytesView)
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

/// Lets nobody in without the shared token.
package struct TokenGate<Context: RequestContext>: RouterMiddleware {
  private let token: SharedToken

  package init(token: SharedToken) {
    self.token = token
  }

  package func handle(
    _ request: Request, context: Context,
    next: @concurrent (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard token.isBorne(by: request.headers[.authorization]) else {
      throw HTTPError(.unauthorized, message: "the Authorization header does not bear the token")
    }
    return try await next(request, context)
  }
}
