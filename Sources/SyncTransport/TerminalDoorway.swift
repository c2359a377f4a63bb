package import HTTPListener
import Hummingbird
package import LinkSecurity
package import Logging
import NIOCore
import SyncProtocol

/// A terminal's own listener: for a centre that pulls, for the other terminals of its canteen, or for both. Over
/// TLS 1.3, and each of them finds its own routes only.
package enum TerminalDoorway {
  /// The centre needs one, and another while it gives that up; a neighbour some. The rest is room for strangers, who
  /// are shown out after a minute at the latest, so that a few of them do not keep the others away.
  private static let connectionLimit = 256

  /// - Parameters:
  ///   - centre: What the centre may ask; `nil` where the terminal pushes.
  ///   - neighbours: What other terminals may ask; `nil` where they are not let in.
  ///   - identity: What the terminal shows, asked anew for each caller.
  ///   - onBound: Called with the port when the socket is open.
  /// - Throws: ``LinkSecurityError``.
  package static func service(
    centre: (any PullEndpoint)?, neighbours: (any PeerEndpoint)?, address: LinkAddress,
    identity: @escaping @Sendable () -> LinkIdentity, logger: Logger,
    onBound: @escaping @Sendable (Int) async -> Void = { _ in }
  ) throws(LinkSecurityError) -> HTTPListener {
    let router = Router(context: ListenerContext.self)
    router.add(
      middleware: ProblemShape(
        routes: (centre == nil ? [] : WireRoute.ofTerminal)
          + (neighbours == nil ? [] : WireRoute.ofNeighbours)))
    if let centre { PullRoutes.add(centre, to: router) }
    if let neighbours { PeerRoutes.add(neighbours, to: router) }
    let configuration = try LinkIdentity.listenerConfiguration(
      mayBeNobody: false, identity: identity)
    return HTTPListener(
      router, address: .hostname(address.host, port: address.port),
      tls: ListenerTLS(configuration) { await identity().anchor.knows($0) },
      serverName: "canteen", connections: connectionLimit, logger: logger,
      onBound: { channel in await onBound(channel.localAddress?.port ?? 0) })
  }
}
