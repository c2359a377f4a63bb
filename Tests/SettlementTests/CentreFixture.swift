import CanteenModel
import Foundation
import Logging
import ServiceLifecycle
import SettlementService
import SettlementStore
import SyncTransport
import Testing

/// A whole centre on loopback, with what it needs in a folder of its own.
struct CentreFixture {
  let configuration: SettlementConfiguration
  let token: SharedToken
  let port: Int
  /// Asks through the operator's socket, as the commands do.
  let control: SocketControl

  var address: LoopbackAddress {
    get throws { try LoopbackAddress("127.0.0.1:\(port)") }
  }

  /// Runs a centre, then `body`, then stops the centre gracefully.
  ///
  /// - Returns: The public key of the centre, and what `body` returned.
  static func run<Value: Sendable>(
    _ body: sending @escaping (CentreFixture) async throws -> Value
  ) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "canteen-\(UUID().uuidString.prefix(8))")
    defer { try? FileManager.default.removeItem(at: folder) }  // a leftover folder harms no test
    let token = try #require(SharedToken("a token for tests"))
    let configuration = SettlementConfiguration(
      stateDirectory: folder.appending(path: "state").path,
      socketPath: folder.appending(path: "run/admin.sock").path,
      listen: try LoopbackAddress("127.0.0.1:0"), token: token, pullIntervalSeconds: 1,
      pullConcurrency: 4)
    var logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    logger.logLevel = .critical
    let (ports, portFound) = AsyncStream.makeStream(of: Int.self)
    let centre = try Centre(configuration, logger: logger) { port in portFound.yield(port) }
    let group = ServiceGroup(services: centre.services, logger: logger)
    let running = Task { try await group.run() }
    var found = ports.makeAsyncIterator()
    let port = try #require(await found.next())
    let control = SocketControl(socketPath: configuration.socketPath)
    while !(await control.isAnswered()) { await Task.yield() }
    let fixture = CentreFixture(
      configuration: configuration, token: token, port: port, control: control)
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
