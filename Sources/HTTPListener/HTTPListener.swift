import HTTPTypes
package import Hummingbird
import HummingbirdCore
package import Logging
package import NIOCore
import NIOPosix
import ServiceLifecycle

/// Serves a router over HTTP/1.1, and sleeps while nobody asks.
///
/// Hummingbird's own application renews the text of the `Date` header every second, which wakes an
/// idle terminal for a header that nobody reads. This one sends none (RFC 9110 section 6.6.1 lets a
/// server without a reliable clock omit it).
package struct HTTPListener: Service {
  private let responder: any HTTPResponder<ListenerContext>
  private let address: BindAddress
  private let serverName: String
  private let logger: Logger
  private let onBound: @Sendable (any Channel) async -> Void

  /// - Parameters:
  ///   - address: A host and port, or a Unix socket; a socket file that is there is replaced.
  ///   - onBound: Called when the socket is open.
  package init(
    _ router: Router<ListenerContext>, address: BindAddress, serverName: String,
    logger: Logger, onBound: @escaping @Sendable (any Channel) async -> Void = { _ in }
  ) {
    responder = router.buildResponder()
    self.address = address
    self.serverName = serverName
    self.logger = logger
    self.onBound = onBound
  }

  package func run() async throws {
    let server = try HTTPServerBuilder.http1().buildServer(
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
