import HTTPListener
import HTTPTypes
import Hummingbird
package import LinkSecurity
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

extension PullRefusal: ProblemSource {
  package var problem: Problem {
    switch self {
    case .notAccepted(let reason): Problem(.notAccepted, reason)
    case .notNow(let reason): Problem(.notNow, reason)
    }
  }
}

/// What a terminal's listener serves to a centre that pulls, and to nobody else.
enum PullRoutes {
  static func add(_ endpoint: some PullEndpoint, to listener: Router<ListenerContext>) {
    let router = listener.group().add(middleware: CentreGate(endpoint: endpoint))
    router.serve(.nextBatch) { call, _ in
      try await call.answering { _ in try await endpoint.batch() }
    }
    router.serve(.takeAck) { call, _ in
      try await call.answering { ack in
        try await endpoint.acknowledge(ack)
        return []
      }
    }
    router.serve(.takeFeed) { call, _ in
      try await call.answering { page in try await endpoint.feed(page) }
    }
    router.serve(.renewalRequest) { call, _ in
      try await call.answering { _ in try await endpoint.renewalRequest() }
    }
    router.serve(.takeRenewal) { call, _ in
      try await call.answering { enrolment in
        try await endpoint.renew(enrolment)
        return []
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
      throw Problem(.notAdmitted, "only the centre may ask here")
    }
    guard await endpoint.judges(shown) else {
      throw Problem(.certificateExpired, "the centre's certificate has expired")
    }
    return try await next(request, context)
  }
}
