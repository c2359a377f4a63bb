import CanteenModel
import Foundation
import LinkSecurity
import Logging
import ServiceLifecycle
import SettlementStore
import SyncProtocol
import SyncTransport
import Synchronization
import Testing

@testable import SettlementService

/// A whole centre on loopback, with what it needs in a folder of its own.
struct CentreFixture {
  let configuration: SettlementConfiguration
  let port: Int
  /// Of the office's listener.
  let officePort: Int
  /// As the centre's services use them.
  let books: Books
  /// Asks through the operator's socket, as the commands do.
  let control: SocketControl
  private let joined = Joined()

  /// What each terminal shows: a second certificate would put an end to the first.
  private final class Joined: Sendable {
    let identities = Mutex<[TerminalID: LinkIdentity]>([:])
  }

  var address: LinkAddress {
    get throws { try LinkAddress("127.0.0.1:\(port)") }
  }

  /// The centre's own authority, from its file.
  var authority: CertificateAuthority {
    get throws {
      try CertificateAuthority(
        pem: try String(contentsOfFile: configuration.authorityPath, encoding: .utf8))
    }
  }

  /// What acks and feeds are signed with.
  var key: VerifyingKey {
    get throws {
      try VerifyingKey(
        rawBytes: try #require(Hexadecimal.bytes(try Centre.publicKey(configuration))))
    }
  }

  /// What a terminal shows that has joined.
  ///
  /// - Parameter madeAgo: How old its certificate is, in milliseconds; it is good for 90 days.
  func identity(
    of terminal: TerminalID, madeAgo age: Int64 = 0
  ) throws -> LinkIdentity {
    let key = LinkKey()
    let authority = try authority
    let certificate = try authority.certificate(
      for: .terminal(terminal), request: try key.certificateRequest(), now: Self.now() - age)
    return LinkIdentity(key: key, certificate: certificate, anchor: authority.anchor)
  }

  /// The way of a terminal that has joined, with the same certificate each time.
  func client(of terminal: TerminalID, port: Int? = nil) throws -> CentreClient {
    let identity = try joined.identities.withLock { identities in
      let identity = try identities[terminal] ?? self.identity(of: terminal)
      identities[terminal] = identity
      return identity
    }
    return try client(showing: identity, port: port)
  }

  /// - Parameter identity: `nil` for somebody without a certificate.
  func client(showing identity: LinkIdentity?, port: Int? = nil) throws -> CentreClient {
    CentreClient(
      try LinkAddress("127.0.0.1:\(port ?? self.port)"),
      caller: try LinkCaller(
        identity, to: LinkCaller.Peer(.centre, of: try authority.anchor, now: Self.now)),
      timeout: .seconds(30))
  }

  /// Unix time in milliseconds.
  static let now: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }

  /// Runs a centre, then `body`, then stops the centre gracefully.
  ///
  /// - Returns: The public key of the centre, and what `body` returned.
  static func run<Value: Sendable>(
    patience: Duration = .seconds(60),
    _ body: sending @escaping (CentreFixture) async throws -> Value
  ) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "canteen-\(UUID().uuidString.prefix(8))")
    defer { try? FileManager.default.removeItem(at: folder) }  // a leftover folder harms no test
    let configuration = SettlementConfiguration(
      stateDirectory: folder.appending(path: "state").path,
      store: StoreKind.current == .sqlite ? nil : try StoreKind.current.make(in: folder),
      socketPath: folder.appending(path: "run/admin.sock").path,
      listen: try LinkAddress("127.0.0.1:0"), pullIntervalSeconds: 1, pullConcurrency: 4,
      patience: patience, officeListen: try LinkAddress("127.0.0.1:0"))
    var logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    logger.logLevel = .critical
    let (ports, portFound) = AsyncStream.makeStream(of: Int.self)
    let (officePorts, officePortFound) = AsyncStream.makeStream(of: Int.self)
    let centre = try Centre(
      configuration, logger: logger, onBound: { port in portFound.yield(port) },
      onOfficeBound: { port in officePortFound.yield(port) })
    let group = ServiceGroup(services: centre.services, logger: logger)
    let running = Task { try await group.run() }
    var found = ports.makeAsyncIterator()
    let port = try #require(await found.next())
    var officeFound = officePorts.makeAsyncIterator()
    let officePort = try #require(await officeFound.next())
    let control = SocketControl(socketPath: configuration.socketPath)
    while !(await control.isAnswered()) { await Task.yield() }
    let fixture = CentreFixture(
      configuration: configuration, port: port, officePort: officePort, books: centre.books,
      control: control)
    let result: Result<Value, any Error>
    do {
      result = .success(try await body(fixture))
    } catch {
      result = .failure(error)
    }
    await group.triggerGracefulShutdown()
    try await running.value
    try centre.close()
    return try result.get()
  }
}
