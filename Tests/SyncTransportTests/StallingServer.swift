import Foundation
import LinkSecurity
import NIOCore
import NIOPosix
import NIOSSL
import SyncTransport

/// A server with a real socket that answers every request with the head of a good answer, and then
/// never ends its body.
final class StallingServer: Sendable {
  enum Manner: Sendable, CaseIterable {
    static let allCases: [Manner] = [.silent, .stalls, .trickles]

    /// A whole answer: not now, but in seven seconds.
    case turnsAway
    /// Not even a head.
    case silent
    /// A head, and no byte of the body.
    case stalls
    /// A head, and then a byte every 20 ms.
    case trickles
  }

  enum Place: Sendable {
    /// Over TLS, as a centre would.
    case loopback
    case unixSocket(String)
  }

  private let channel: any Channel
  /// For a server on loopback.
  var port: Int { channel.localAddress?.port ?? 0 }

  init(_ manner: Manner, at place: Place = .loopback) throws {
    let context: NIOSSLContext? =
      if case .loopback = place {
        try NIOSSLContext(configuration: try Self.configuration())
      } else {
        nil
      }
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let context {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
          }
          try channel.pipeline.syncOperations.addHandler(Staller(manner))
        }
      }
    channel =
      switch place {
      case .loopback: try bootstrap.bind(host: "127.0.0.1", port: 0).wait()
      case .unixSocket(let path): try bootstrap.bind(unixDomainSocketPath: path).wait()
      }
  }

  /// Accepts nobody any more.
  func stop() { channel.close(promise: nil) }

  private static func configuration() throws -> TLSConfiguration {
    let now = Int64(Date().timeIntervalSince1970 * 1000)
    let identity = try CertificateAuthority(now: now).ownIdentity(now: now)
    var configuration = try LinkIdentity.listenerConfiguration(mayBeNobody: true) { identity }
    configuration.certificateVerification = .none
    return configuration
  }
}

/// Answers the first bytes that come.
private final class Staller: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private static let head = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
  private static let refusal =
    "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy"
  private let manner: StallingServer.Manner
  private var hasBegun = false

  init(_ manner: StallingServer.Manner) { self.manner = manner }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !hasBegun, manner != .silent else { return }
    hasBegun = true
    let head = manner == .turnsAway ? Self.refusal : Self.head
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: head)), promise: nil)
    guard manner == .trickles else { return }
    let channel = context.channel
    let trickle = context.eventLoop.scheduleRepeatedTask(
      initialDelay: .milliseconds(20), delay: .milliseconds(20)
    ) { _ in channel.writeAndFlush(ByteBuffer(string: "x"), promise: nil) }
    channel.closeFuture.whenComplete { _ in trickle.cancel() }
  }
}
