import Glibc
package import Hummingbird
import NIOCore
import NIOSSL

/// What a route knows of its request: who is at the other end of a Unix socket, or of a TLS connection.
package struct ListenerContext: RequestContext {
  package var coreContext: CoreRequestContextStorage
  private let channel: any Channel

  /// - Parameter source: The channel that the request came on.
  package init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }

  /// The address of the other end; `nil` where it has none, as on a Unix socket.
  package var peerAddress: String? { channel.remoteAddress?.ipAddress }

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

  /// The certificate, in DER, that the other end of a TLS connection showed and has the key of. `nil` where
  /// it showed none.
  package var peerCertificate: [UInt8]? {
    get async throws {
      try await channel.nioSSL_peerCertificate().get().map { try $0.toDERBytes() }
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
