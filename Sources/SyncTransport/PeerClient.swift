import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import SyncProtocol

/// A terminal's way to another one of its canteen.
package struct PeerClient: Sendable {
  private let peer: LinkAddress
  private let caller: LinkCaller

  /// - Parameter caller: Speaks to that terminal only, whoever else is at the address.
  package init(_ peer: LinkAddress, caller: LinkCaller) {
    self.peer = peer
    self.caller = caller
  }

  /// Asks the other one to take a reservation.
  ///
  /// - Parameter limit: For the whole answer; a diner stands there.
  /// - Returns: The answer's bytes.
  package func reserve(
    _ reservation: [UInt8], within limit: Duration
  ) async throws(LinkError) -> [UInt8] {
    try await post(reservation, to: WireContract.peerReservePath, within: limit)
  }

  /// Tells the other one what became of reservations. When this returns, it has that on disk.
  ///
  /// - Parameter limit: For the whole answer.
  package func tell(_ news: [UInt8], within limit: Duration) async throws(LinkError) {
    _ = try await post(news, to: WireContract.peerTellPath, within: limit)
  }

  private func post(
    _ body: [UInt8], to path: String, within limit: Duration
  ) async throws(LinkError) -> [UInt8] {
    var request = HTTPClientRequest(url: peer.url + path)
    request.method = .POST
    request.headers.add(name: "Content-Type", value: WireForm.protobuf.mediaType)
    request.body = .bytes(ByteBuffer(bytes: body))
    return try await caller.answer(to: request, within: limit, upTo: PeerCodec.bytesLimit)
  }
}
