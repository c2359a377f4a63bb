import NIOCore

/// Reads from a connection into one small buffer.
///
/// Left alone a connection keeps up to four buffers that grow to 64 KiB each once somebody sent much, for as long as it
/// is open: with thousands of terminals that wait for news that is most of the centre's memory.
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
