import AsyncHTTPClient
package import LinkSecurity
import NIOCore
import NIOHTTP1
import SyncProtocol

/// The centre's way to a terminal that it pulls from.
package struct TerminalClient: Sendable {
  private let terminal: LinkAddress
  private let caller: LinkCaller
  private let timeout: Duration

  /// No answer is longer: a batch.
  private static let answerLimit = 256 * 1024

  /// - Parameter timeout: How long the terminal may take for one answer, head and body.
  package init(_ terminal: LinkAddress, caller: LinkCaller, timeout: Duration = .seconds(5)) {
    self.terminal = terminal
    self.caller = caller
    self.timeout = timeout
  }

  /// What the terminal showed when it was reached last; `nil` before.
  package var certificate: LinkCertificate? { caller.peerCertificate }

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

  /// Fetches the request for a new certificate.
  ///
  /// - Returns: Its bytes, not verified yet; none when no new one is due.
  package func renewalRequest() async throws(LinkError) -> [UInt8] {
    try await ask(.GET, WireContract.renewalPath, [])
  }

  /// Hands a new certificate over.
  package func renew(_ enrolment: [UInt8]) async throws(LinkError) {
    _ = try await ask(.POST, WireContract.renewalPath, enrolment)
  }

  private func ask(
    _ method: HTTPMethod, _ path: String, _ body: [UInt8]
  ) async throws(LinkError) -> [UInt8] {
    var request = HTTPClientRequest(url: terminal.url + path)
    request.method = method
    if method == .POST {
      request.headers.add(name: "Content-Type", value: WireForm.protobuf.mediaType)
      request.body = .bytes(ByteBuffer(bytes: body))
    }
    return try await caller.answer(to: request, within: timeout, upTo: Self.answerLimit)
  }
}
