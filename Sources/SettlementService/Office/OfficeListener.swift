import CanteenModel
import HTTPListener
import HTTPTypes
import Hummingbird
import LinkSecurity
import Logging
import NIOCore
import SettlementStore
import SyncTransport
import Synchronization

/// The office's listener: HTTP over TLS 1.3 for the people and programs of the programme, apart from the terminals' and
/// from the local operator's.
enum OfficeListener {
  /// How many connections are open at once.
  private static let connections = 512

  /// - Parameter onBound: Told the port when the socket is open.
  /// - Throws: ``LinkSecurityError``, what the credentials' files throw.
  static func service(
    books: Books, identity: CentreIdentity, _ configuration: SettlementConfiguration,
    address: LinkAddress, logger: Logger, onBound: @escaping @Sendable (Int) async -> Void
  ) throws -> HTTPListener {
    let door = try door(books: books, identity: identity, configuration)
    let shown = try OfficeIdentity(configuration, identity, now: { books.now })
    let anchor = identity.authority.anchor
    let tls = try WebIdentity.listenerConfiguration(of: anchor) { shown.current }
    return HTTPListener(
      router(door), address: .hostname(address.host, port: address.port),
      tls: ListenerTLS(tls, patience: configuration.patience) { await anchor.knows($0) },
      serverName: "canteen-settlement", connections: connections, logger: logger,
      onBound: { channel in await onBound(channel.localAddress?.port ?? 0) })
  }

  static func door(
    books: Books, identity: CentreIdentity, _ configuration: SettlementConfiguration
  ) throws(LinkSecurityError) -> OfficeDoor {
    let start = ContinuousClock.now
    let monotonic: @Sendable () -> Int64 = { ContinuousClock.now.milliseconds(since: start) }
    return OfficeDoor(
      books: books, hosts: OfficeHosts(names: configuration.officeHosts),
      signInDesk: try SignInDesk(
        books: books, cost: configuration.passwordCost, monotonic: monotonic),
      rate: OfficeRate(now: monotonic),
      desk: OfficeDesk(books: books, control: BooksControl(books: books, identity: identity)))
  }

  /// One route for each call, and the pages.
  static func router(_ door: OfficeDoor) -> Router<ListenerContext> {
    let router = Router(context: ListenerContext.self)
    router.add(middleware: OfficeShape())
    for call in OfficeCall.allCases {
      let path = call.route.path.replacing("{", with: ":").replacing("}", with: "")
      router.on(RouterPath(path), method: call.route.method.http) { request, context in
        try await door.answer(call, request, context)
      }
    }
    PageDoor(door).add(to: router)
    return router
  }
}

extension OfficeRoute.Method {
  fileprivate var http: HTTPRequest.Method {
    switch self {
    case .get: .get
    case .post: .post
    case .put: .put
    case .delete: .delete
    }
  }
}

/// What the office's listener shows: what the administrator brought in `office.crt` and `office.key`, or a certificate of
/// the centre's own authority, made anew when it is due.
final class OfficeIdentity: Sendable {
  private let own: Mutex<WebIdentity>
  private let makes: @Sendable () throws -> WebIdentity
  private let now: @Sendable () -> Int64

  /// - Parameter now: Unix time in milliseconds.
  init(
    _ configuration: SettlementConfiguration, _ identity: CentreIdentity,
    now: @escaping @Sendable () -> Int64
  ) throws {
    let hosts = configuration.officeHosts
    makes = { try identity.authority.webIdentity(hosts: hosts, now: now()) }
    self.now = now
    let credentials = configuration.credentials
    if let chain = try credentials.read("office.crt"), let key = try credentials.read("office.key")
    {
      own = Mutex(
        WebIdentity(
          chainPEM: String(decoding: chain, as: UTF8.self),
          keyPEM: String(decoding: key, as: UTF8.self)))
    } else {
      own = Mutex(try makes())
    }
  }

  /// What is shown now.
  var current: WebIdentity {
    own.withLock { own in
      guard let due = own.renewalDue, due <= now() else { return own }
      // try?: what cannot be made anew is good for another third of its life, and the next caller tries again.
      if let next = try? makes() { own = next }
      return own
    }
  }
}
