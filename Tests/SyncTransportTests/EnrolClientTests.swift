import CanteenModel
import Foundation
import LocalAPI
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct EnrolClientTests {
  @Test("a terminal that joined is named when it answers, not while it opens its ledger")
  func waits() async throws {
    let path = FileManager.default.temporaryDirectory.path + "/join-\(UUID().uuidString.prefix(8))"
    let looks = Looks()
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(JoiningTerminal(looks))
        }
      }
      .bind(unixDomainSocketPath: path).get()
    defer {
      server.close(promise: nil)
      unlink(path)
    }
    let line = try await LocalClient(socketPath: path).enrol(
      EnrolOrder(url: "https://centre.example.org:8700", token: "canteen-A"))
    #expect(line == EnrolmentLine(terminal: TerminalID(3), mustRestart: false))
    #expect(looks.count == JoiningTerminal.refusals + 1)
  }
}

/// How often the terminal was looked at after it had joined.
private final class Looks: Sendable {
  private let looks = Mutex(0)
  var count: Int { looks.withLock { $0 } }

  func next() -> Int {
    looks.withLock {
      $0 += 1
      return $0
    }
  }
}

/// Joins, and then belongs to no centre for two looks more: it opens its ledger.
private final class JoiningTerminal: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  static let refusals = 2
  private let looks: Looks

  init(_ looks: Looks) { self.looks = looks }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let asked = String(buffer: unwrapInboundIn(data))
    let answer: (status: String, body: String)
    if asked.hasPrefix("POST /v1/enrolment") {
      answer = ("200 OK", #"{"terminal":3,"mustRestart":false}"#)
    } else if asked.hasPrefix("GET ") {
      answer =
        looks.next() > Self.refusals
        ? ("200 OK", "[]") : ("503 Service Unavailable", #"{"detail":"it belongs to no centre"}"#)
    } else {
      return  // the rest of the order
    }
    let text = "HTTP/1.1 \(answer.status)\r\nContent-Length: \(answer.body.utf8.count)\r\n\r\n"
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text + answer.body)), promise: nil)
  }
}
