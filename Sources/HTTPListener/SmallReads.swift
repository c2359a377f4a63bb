import NIOCore

/// Reads from a connection into one small buffer.
///
/// Left alone a connection's buffers grow with what is sent and stay so for as long as it is open; thousands of terminals
/// wait for news. A connection over TLS that only waits costs 41 KiB with it and 53 KiB without.
final class SmallReads: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = Any

  /// The largest batch is 64 of them.
  private static let bytes = 4 * 1024

  func handlerAdded(context: ChannelHandlerContext) {
    guard let options = context.channel.syncOptions else { return }
    do {
      try options.setOption(
        .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.bytes))
      try options.setOption(.maxMessagesPerRead, value: 1)
    } catch {
      // A connection that is gone already has no options any more.
      context.fireErrorCaught(error)
    }
  }
}
