package import CanteenModel
import HTTPListener
import Hummingbird
package import LinkSecurity
package import SyncProtocol

/// What the other terminals of the canteen may ask of this one. Bytes in, bytes out.
package protocol PeerEndpoint: Sendable {
  /// Whether somebody may ask now, by the roster that the centre signed; asked before anything of a body is read.
  ///
  /// - Parameter certificate: Shown in the handshake, and of our authority.
  func admit(_ certificate: LinkCertificate) async throws(PeerRefusal) -> TerminalID
  /// Takes what a terminal wants to reserve, or says why not. What was taken is on disk.
  ///
  /// - Parameter terminal: Whom ``admit(_:)`` let in; nobody speaks for another.
  func reserve(
    _ reservation: [UInt8], from terminal: TerminalID
  ) async throws(PeerRefusal) -> [UInt8]
  /// Takes what became of reservations, and makes it durable.
  ///
  /// - Parameter terminal: As of ``reserve(_:from:)``.
  func tell(_ news: [UInt8], from terminal: TerminalID) async throws(PeerRefusal)
}

/// Why a terminal does not do what another one of its canteen asked.
package enum PeerRefusal: Error, Equatable, Sendable {
  /// Whoever asks is not in the roster, or speaks for another.
  case notAdmitted(String)
  /// Its certificate was good once.
  case expired
  /// It comes too often.
  case tooOften(seconds: Int)
  /// The bytes are wrong.
  case wire(WireError)
  /// The terminal cannot answer now.
  case notNow(String)
}

extension PeerRefusal: ProblemSource {
  package var problem: Problem {
    switch self {
    case .notAdmitted(let reason): Problem(.notAdmitted, reason)
    case .expired: Problem(.certificateExpired, "the terminal's certificate has expired")
    case .tooOften(let seconds):
      Problem(.tooManyRequests, "the terminal asks too often: come back later", retryAfter: seconds)
    case .wire(let error): error.problem
    case .notNow(let reason): Problem(.notNow, reason)
    }
  }
}

/// What a terminal's listener serves to the others of its canteen.
enum PeerRoutes {
  static func add(_ endpoint: some PeerEndpoint, to router: Router<ListenerContext>) {
    router.serve(.reserve) { call, context in
      let terminal = try await admitted(context, by: endpoint)
      return try await call.answering { try await endpoint.reserve($0, from: terminal) }
    }
    router.serve(.tell) { call, context in
      let terminal = try await admitted(context, by: endpoint)
      return try await call.answering { news in
        try await endpoint.tell(news, from: terminal)
        return []
      }
    }
  }

  private static func admitted(
    _ context: ListenerContext, by endpoint: some PeerEndpoint
  ) async throws -> TerminalID {
    guard let shown = try await context.linkCertificate else {
      throw PeerRefusal.notAdmitted("only the terminals of this canteen may ask here")
    }
    return try await endpoint.admit(shown)
  }
}
