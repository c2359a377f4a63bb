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
  let judge: @Sendable (_ leaf: NIOSSLCertificate) async -> Bool

  /// - Parameters:
  ///   - configuration: Its certificate verification says whether a caller must show a certificate.
  ///   - judge: Whether a caller's certificate is genuine. It takes the place of the library's own judgement,
  ///     which knows the wall clock only. The caller has proved that it has the key when this is asked.
  package init(
    _ configuration: TLSConfiguration, judge: @escaping @Sendable (NIOSSLCertificate) async -> Bool
  ) {
    self.configuration = configuration
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
  private let logger: Logger
  private let onBound: @Sendable (any Channel) async -> Void

  /// - Parameters:
  ///   - address: A host and port, or a Unix socket; a socket file that is there is replaced.
  ///   - tls: `nil` for a Unix socket, whose peer the kernel names.
  ///   - onBound: Called when the socket is open.
  package init(
    _ router: Router<ListenerContext>, address: BindAddress, tls: ListenerTLS? = nil,
    serverName: String, logger: Logger,
    onBound: @escaping @Sendable (any Channel) async -> Void = { _ in }
  ) {
    responder = router.buildResponder()
    self.address = address
    self.tls = tls
    self.serverName = serverName
    self.logger = logger
    self.onBound = onBound
  }

  package func run() async throws {
    let server = try builder().buildServer(
      configuration: ServerConfiguration(address: address, serverName: serverName),
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger
    ) { request, writer, channel in
      let response = try await response(to: request, on: channel)
      try await writer.write(response: response.head, body: response.body)
    } onServerRunning: { channel in
      await onBound(channel)
    }
    try await server.run()
  }

  /// Over the network a connection that says nothing for so long is closed, in the middle of a request too.
  private static let idleTimeout = TimeAmount.seconds(60)
  /// Of all header fields of a request together, in bytes.
  private static let headerLimit = 8 * 1024

  private func builder() throws -> HTTPServerBuilder {
    guard let tls else { return .http1() }
    var limits = HTTP1Channel.Configuration(idleTimeout: Self.idleTimeout)
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
