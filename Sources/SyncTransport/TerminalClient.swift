import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import SyncProtocol

/// The centre's way to a terminal that it pulls from.
package struct TerminalClient: Sendable {
  private let terminal: LoopbackAddress
  private let token: SharedToken
  private let timeout: Duration

  /// No answer is longer: a batch.
  private static let answerLimit = 256 * 1024

  /// - Parameter timeout: How long the terminal may take for one answer, head and body.
  package init(
    terminal: LoopbackAddress, token: SharedToken, timeout: Duration = .seconds(5)
  ) {
    self.timeout = timeout
    self.terminal = terminal
    self.token = token
  }

  /// Fetches the terminal's next batch.
  ///
  /// - Returns: Its bytes, not verified yet.
  package func batch() async throws(LinkError) -> [UInt8] {
    try await ask(.GET, WireContract.batchPath, [])
  }

  /// Hands the ack of the last batch over. When this returns, the terminal has it on disk.
  package func acknowledge(_ ack: [UInt8]) async throws(LinkError) {
    _ = try await ask(.POST, WireContract.ackPath, ack)
  }

  /// Hands a page of the feed over, or nothing to learn the cursor only.
  ///
  /// - Returns: The request for the next page, as the terminal wrote it.
  package func feed(_ page: [UInt8]) async throws(LinkError) -> [UInt8] {
    try await ask(.POST, WireContract.feedPath, page)
  }

  private func ask(
    _ method: HTTPMethod, _ path: String, _ body: [UInt8]
  ) async throws(LinkError) -> [UInt8] {
    var request = HTTPClientRequest(url: terminal.url + path)
    request.method = method
    request.headers.add(name: "Authorization", value: token.authorization)
    if method == .POST {
      request.headers.add(name: "Content-Type", value: WireContract.mediaType)
      request.body = .bytes(ByteBuffer(bytes: body))
    }
    return try await HTTPClient.link.linkAnswer(
      to: request, within: timeout, upTo: Self.answerLimit)
  }
}
