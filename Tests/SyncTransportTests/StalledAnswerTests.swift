import CanteenModel
import Foundation
import LocalAPI
import SettlementService
import SyncTransport
import Testing

@Suite(.timeLimit(.minutes(1))) struct StalledAnswerTests {
  /// Long enough for a head on loopback, also on a busy machine.
  private static let timeout = Duration.milliseconds(500)
  /// Far less than a body that trickles would take.
  private static let patience = Duration.seconds(30)

  private func centreClient(
    _ server: StallingServer, timeout: Duration = timeout
  ) throws -> CentreClient {
    CentreClient(
      try LinkAddress("127.0.0.1:\(server.port)"), caller: try LinkCaller(nil, to: nil),
      timeout: timeout)
  }

  /// Runs a body that must fail, and fast.
  private func failsInTime<Failure: Error>(
    _ body: () async throws(Failure) -> Void
  ) async throws -> Failure {
    let begin = ContinuousClock.now
    let error = await #expect(throws: Failure.self) { try await body() }
    #expect(ContinuousClock.now - begin < Self.patience)
    return try #require(error)
  }

  private func withSocket(
    _ manner: StallingServer.Manner, _ body: (String) async throws -> Void
  ) async throws {
    let path = FileManager.default.temporaryDirectory.path + "/stall-\(UUID().uuidString.prefix(8))"
    let server = try StallingServer(manner, at: .unixSocket(path))
    defer {
      server.stop()
      unlink(path)
    }
    try await body(path)
  }

  @Test(
    "a diner waits no longer for a hold than the lane says, whatever other answers may take",
    arguments: StallingServer.Manner.allCases)
  func hold(manner: StallingServer.Manner) async throws {
    let server = try StallingServer(manner)
    defer { server.stop() }
    let client = try centreClient(server, timeout: .seconds(60))
    let error = try await failsInTime { () throws(LinkError) in
      _ = try await client.hold(request: [1], within: .milliseconds(150))
    }
    guard case .unreachable = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test(
    "a centre whose answer stalls or trickles is given up in time, in words",
    arguments: StallingServer.Manner.allCases)
  func centre(manner: StallingServer.Manner) async throws {
    let server = try StallingServer(manner)
    defer { server.stop() }
    let client = try centreClient(server)
    let error = try await failsInTime { () throws(LinkError) in
      _ = try await client.deliver(batch: [1])
    }
    guard case .unreachable(let reason) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(reason.contains("not whole after 0.5 seconds"), "\(reason)")
  }

  @Test(
    "a terminal whose answer stalls or trickles is given up in time, in words",
    arguments: StallingServer.Manner.allCases)
  func terminal(manner: StallingServer.Manner) async throws {
    let server = try StallingServer(manner)
    defer { server.stop() }
    let client = TerminalClient(
      try LinkAddress("127.0.0.1:\(server.port)"), caller: try LinkCaller(nil, to: nil),
      timeout: Self.timeout)
    let error = try await failsInTime { () throws(LinkError) in _ = try await client.batch() }
    guard case .unreachable(let reason) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(reason.contains("not whole after"), "\(reason)")
  }

  @Test(
    "an operator is told of a daemon whose answer stalls or trickles",
    arguments: StallingServer.Manner.allCases)
  func daemon(manner: StallingServer.Manner) async throws {
    try await withSocket(manner) { path in
      let client = LocalClient(socketPath: path, timeout: Self.timeout)
      let error = try await failsInTime { () throws(ControlError) in
        _ = try await client.status()
      }
      #expect("\(error)".contains("not whole after"), "\(error)")
    }
  }

  @Test(
    "an operator is told of a centre whose answer stalls or trickles",
    arguments: StallingServer.Manner.allCases)
  func service(manner: StallingServer.Manner) async throws {
    try await withSocket(manner) { path in
      let control = SocketControl(socketPath: path, timeout: Self.timeout)
      let error = try await failsInTime { () throws(ControlRefusal) in
        _ = try await control.terminals()
      }
      #expect("\(error)".contains("not whole after"), "\(error)")
      #expect(await !control.isAnswered())
    }
  }

  @Test("a centre without room is not a centre that refuses: it says when to come back")
  func turnedAway() async throws {
    let server = try StallingServer(.turnsAway)
    defer { server.stop() }
    let client = try centreClient(server, timeout: .seconds(30))
    await #expect(throws: LinkError.notNow(seconds: 7, "busy")) {
      try await client.deliver(batch: [1])
    }
  }

  @Test("a request that is cancelled while its answer trickles ends at once, with an error")
  func cancelled() async throws {
    let server = try StallingServer(.trickles)
    defer { server.stop() }
    let client = try centreClient(server, timeout: .seconds(3600))
    let asking = Task { try await client.deliver(batch: [1]) }
    try await Task.sleep(for: .milliseconds(200))
    let begin = ContinuousClock.now
    asking.cancel()
    await #expect(throws: LinkError.self) { try await asking.value }
    #expect(ContinuousClock.now - begin < Self.patience)
  }
}
