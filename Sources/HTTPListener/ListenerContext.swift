import Glibc
package import Hummingbird
import NIOCore

/// What a route knows of its request: who is at the other end of a Unix socket.
package struct ListenerContext: RequestContext {
  package var coreContext: CoreRequestContextStorage
  private let channel: any Channel

  /// - Parameter source: The channel that the request came on.
  package init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }

  /// The user who opened the connection, as the kernel knows it (SO_PEERCRED, unix(7)).
  ///
  /// - Throws: An error of the system where the connection is none of a Unix socket's.
  package var peerUserID: UInt32 {
    get async throws {
      guard let options = channel as? any SocketOptionProvider else {
        throw PeerError.noSocket
      }
      let peer: PeerCredentials = try await options.unsafeGetSocketOption(
        level: SocketOptionLevel(SOL_SOCKET), name: SocketOptionName(SO_PEERCRED)
      ).get()
      return peer.userID
    }
  }

  private enum PeerError: Error {
    case noSocket
  }
}

/// `struct ucred` of unix(7).
private struct PeerCredentials: Sendable {
  let processID: Int32
  let userID: UInt32
  let groupID: UInt32
}
