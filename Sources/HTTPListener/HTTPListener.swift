import HTTPTypes
package import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Logging
package import NIOCore
import NIOPosix
package import NIOSSL
import ServiceLifecycle

/// How a listener shows who it is, and judges whoever calls.
package struct ListenerTLS: Sendable {
  let configuration: TLSConfiguration
  let patience: Duration
  let judge: @Sendable (_ leaf: NIOSSLCertificate) async -> Bool

  /// - Parameters:
  ///   - configuration: Its certificate verification says whether a caller must show a certificate.
  ///   - patience: A connection on which so long no request is whole is closed, in the handshake and in the
  ///     middle of a header or a body too.
  ///   - judge: Whether a caller's certificate is genuine. It takes the place of the library's own judgement,
  ///     which knows the wall clock only. The caller has proved that it has the key when this is asked.
  package init(
    _ configuration: TLSConfiguration, patience: Duration = .seconds(60),
    judge: @escaping @Sendable (NIOSSLCertificate) async -> Bool
  ) {
    self.configuration = configuration
    self.patience = patience
    self.judge = judge
  }
}

/// Serves a router over HTTP/1.1, and sleeps while nobody asks.
///
/// Hummingbird's own application renews the text of the `Date` header every second, which wakes an
/// idle terminal for a header that nobody reads. This one sends none (RFC 9110 section 6.6.1 lets a
/// server without a reliable clock omit it).
package struct HTTPListener: Service {
  private let responder: any HTTPResponder<ListenerContext>
  private let address: BindAddress
  private let tls: ListenerTLS?
  private let serverName: String
  private let connections: Int
  private let logger: Logger
  private let onBound: @Sendable (any Channel) async -> Void

  /// - Parameters:
  ///   - address: A host and port, or a Unix socket; a socket file that is there is replaced.
  ///   - tls: `nil` for a Unix socket, whose peer the kernel names.
  ///   - connections: How many are open at once, about. Whoever comes then waits in the kernel's queue until one is
  ///     closed, and beyond that queue is turned away by the kernel.
  ///   - onBound: Called when the socket is open.
  package init(
    _ router: Router<ListenerContext>, address: BindAddress, tls: ListenerTLS? = nil,
    serverName: String, connections: Int, logger: Logger,
    onBound: @escaping @Sendable (any Channel) async -> Void = { _ in }
  ) {
    responder = router.buildResponder()
    self.address = address
    self.tls = tls
    self.serverName = serverName
    self.connections = connections
    self.logger = logger
    self.onBound = onBound
  }

  package func run() async throws {
    let server = try builder().buildServer(
      configuration: ServerConfiguration(
        address: address, serverName: serverName,
        availableConnectionsDelegate: .maximum(connections, logger: logger)),
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger
    ) { request, writer, channel in
      var response = try await response(to: request, on: channel)
      let isCutOff = Self.isCutOff(request, response.status)
      if isCutOff { response.headers[.connection] = "close" }
      if request.method == .head { response = response.createHeadResponse() }
      try await writer.write(response: response.head, body: response.body)
      // Otherwise the server would read a refused body to its end, however long.
      if isCutOff { throw BodyRefused() }
    } onServerRunning: { channel in
      await onBound(channel)
    }
    try await server.run()
  }

  /// Whether what is left of a request is not read: of one that is refused it would be read for nothing, and each
  /// connection that carries much keeps some 70 KiB in the TLS library for as long as it is open.
  private static func isCutOff(_ request: Request, _ status: HTTPResponse.Status) -> Bool {
    switch status {
    case .contentTooLarge, .requestTimeout: return true
    case .tooManyRequests, .serviceUnavailable:
      let announced = request.headers[.contentLength].flatMap { Int($0) } ?? 0
      return announced > largeBody
    default: return false
    }
  }

  /// In bytes: one record of TLS.
  private static let largeBody = 16 * 1024

  private struct BodyRefused: Error {}

  /// Of all header fields of a request together, in bytes.
  private static let headerLimit = 8 * 1024

  private func builder() throws -> HTTPServerBuilder {
    guard let tls else { return .http1() }
    var limits = HTTP1Channel.Configuration(
      additionalChannelHandlers: [SmallReads()], idleTimeout: TimeAmount(tls.patience))
    limits.httpDecoder = .init(
      maxHeaderFieldSize: Self.headerLimit, maxHeaderListSize: Self.headerLimit,
      maxHeaderFieldCount: 64)
    let judge = tls.judge
    return try .tls(
      .http1(configuration: limits),
      configuration: TLSChannelConfiguration(
        tlsConfiguration: tls.configuration,
        customAsyncVerificationCallback: { chain in
          guard let leaf = chain.first, await judge(leaf) else { return .failed }
          return .certificateVerified
        }))
  }

  /// A responder that throws has met a bug of ours: it is logged, and told to the client as 500.
  private func response(to request: Request, on channel: any Channel) async throws -> Response {
    let context = ListenerContext(
      source: ApplicationRequestContextSource(channel: channel, logger: logger))
    do {
      return try await responder.respond(to: request, context: context)
    } catch let error as any HTTPResponseError {
      return try error.response(from: request, context: context)
    } catch {
      logger.error("a request failed", metadata: ["reason": "\(error)"])
      return Response(status: .internalServerError)
    }
  }
}
