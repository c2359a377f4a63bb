import AsyncHTTPClient
import CanteenModel
import Foundation
import LinkSecurity
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SettlementService
import SyncProtocol
import Testing

@testable import SyncTransport

/// What somebody may do to the centre who wants to stop it.
@Suite(.everyStore, .namingStore, .serialized, .timeLimit(.minutes(5))) struct AbuseTests {
  /// A body that is made as it is sent.
  private struct Flood: AsyncSequence, Sendable {
    let bytes: Int

    struct Iterator: AsyncIteratorProtocol {
      var left: Int
      let piece = ByteBuffer(repeating: 0x0B, count: 256 * 1024)

      mutating func next() async -> ByteBuffer? {
        guard left > 0 else { return nil }
        left -= piece.readableBytes
        return piece
      }
    }

    func makeAsyncIterator() -> Iterator { Iterator(left: bytes) }
  }

  /// What went over loopback since the machine was booted, of every test that runs.
  private static func loopbackBytes() throws -> Int {
    let table = try String(contentsOfFile: "/proc/net/dev", encoding: .utf8)
    let fields = table.split(separator: "\n").map { $0.split(separator: " ") }
    let loopback = try #require(fields.first { $0.first == "lo:" })
    return try #require(Int(loopback[1]))
  }

  /// - Returns: The status; `nil` when the centre hung up before it was read.
  private func post(
    _ body: HTTPClientRequest.Body, to centre: CentreFixture, as identity: LinkIdentity
  ) async throws -> UInt? {
    let client = HTTPClient(
      configuration: HTTPClient.Configuration(
        tlsConfiguration: try LinkIdentity.callerConfiguration(identity)))
    var request = HTTPClientRequest(url: try centre.address.url + WireContract.batchPath)
    request.method = .POST
    request.body = body
    // try?: a connection that is cut in the middle of a body is what the centre may do.
    let status = try? await client.execute(request, timeout: .seconds(60)).status.code
    try await client.shutdown()
    return status
  }

  @Test(
    "a body of a GiB is refused and not read, whether its length is said or not",
    arguments: [true, false])
  func flood(isLengthSaid: Bool) async throws {
    try await CentreFixture.run { centre in
      let terminal = TestTerminal()
      try await centre.control.add(SettlementFixture.entry(terminal))
      let identity = try centre.identity(of: terminal.id)
      let before = try Self.loopbackBytes()
      let flood = Flood(bytes: 1 << 30)
      let status = try await post(
        .stream(flood, length: isLengthSaid ? .known(Int64(flood.bytes)) : .unknown), to: centre,
        as: identity)
      #expect(status == 413 || status == nil)
      // What is on the way, and what comes while the goodbye is waited for.
      #expect(try Self.loopbackBytes() - before < 256 << 20)
      _ = try await centre.client(showing: identity).deliver(batch: try terminal.batch())
    }
  }

  @Test("a batch of 100,000 groups, each in the one before, is refused in words")
  func nesting() async throws {
    try await CentreFixture.run { centre in
      let terminal = TestTerminal()
      try await centre.control.add(SettlementFixture.entry(terminal))
      let identity = try centre.identity(of: terminal.id)
      for tag in [0x0B, 0x1B, 0x7B] as [UInt8] {
        let status = try await post(
          .bytes(ByteBuffer(repeating: tag, count: 100_000)), to: centre, as: identity)
        #expect(status == 400)
      }
      // A field of bytes in a field of bytes: what a message in a message looks like.
      var nested: [UInt8] = []
      for _ in 0..<2_000 {
        nested = [0x0A] + Self.length(nested.count) + nested
      }
      #expect(
        try await post(.bytes(ByteBuffer(bytes: nested)), to: centre, as: identity) == 400)
      _ = try await centre.client(showing: identity).deliver(batch: try terminal.batch())
    }
  }

  private static func length(_ count: Int) -> [UInt8] {
    var (rest, bytes) = (count, [UInt8]())
    repeat {
      bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
      rest >>= 7
    } while rest > 0
    return bytes
  }

  @Test(
    "who connects and says nothing, or says a header byte by byte, is hung up on; others are served"
  )
  func slowLoris() async throws {
    try await CentreFixture.run(patience: .seconds(1)) { centre in
      let terminal = TestTerminal()
      try await centre.control.add(SettlementFixture.entry(terminal))
      let identity = try centre.identity(of: terminal.id)
      let client = try centre.client(showing: identity)
      let context = try NIOSSLContext(configuration: try LinkIdentity.callerConfiguration(nil))
      var idle: [any Channel] = []
      for number in 0..<200 {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
          .channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
              // Half of them do not even shake hands.
              guard number.isMultiple(of: 2) else { return }
              try channel.pipeline.syncOperations.addHandler(
                NIOSSLClientHandler(context: context, serverHostname: nil))
            }
          }
        let channel = try await bootstrap.connect(host: "127.0.0.1", port: centre.port).get()
        idle.append(channel)
        guard number.isMultiple(of: 2) else { continue }
        channel.writeAndFlush(ByteBuffer(string: "POST /v1/batch HTTP/1.1\r\nX: "), promise: nil)
        let trickle = channel.eventLoop.scheduleRepeatedTask(
          initialDelay: .milliseconds(100), delay: .milliseconds(100)
        ) { _ in channel.writeAndFlush(ByteBuffer(string: "O"), promise: nil) }
        channel.closeFuture.whenComplete { _ in trickle.cancel() }
      }
      _ = try await client.deliver(batch: try terminal.batch())
      for channel in idle { try await channel.closeFuture.get() }
    }
  }

  @Test("who sends a body byte by byte is refused, and others are served meanwhile")
  func slowBody() async throws {
    try await CentreFixture.run { centre in
      let terminal = TestTerminal()
      try await centre.control.add(SettlementFixture.entry(terminal))
      let identity = try centre.identity(of: terminal.id)
      struct Drip: AsyncSequence, Sendable {
        struct Iterator: AsyncIteratorProtocol {
          mutating func next() async throws -> ByteBuffer? {
            try await Task.sleep(for: .milliseconds(200))
            return ByteBuffer(string: "x")
          }
        }
        func makeAsyncIterator() -> Iterator { Iterator() }
      }
      async let slow = post(.stream(Drip(), length: .known(Int64(1_000))), to: centre, as: identity)
      _ = try await centre.client(showing: identity).deliver(batch: try terminal.batch())
      let status = try await slow
      #expect(status == 408 || status == nil)
    }
  }
}
