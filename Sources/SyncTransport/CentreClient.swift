import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import SyncProtocol

/// The terminal's way to the centre.
package struct CentreClient: Sendable {
  private let centre: LinkAddress
  private let caller: LinkCaller
  private let timeout: Duration

  /// No answer is longer: a page of the feed.
  private static let answerLimit = 1024 * 1024

  /// - Parameter timeout: How long the centre may take for one answer, head and body.
  package init(_ centre: LinkAddress, caller: LinkCaller, timeout: Duration = .seconds(10)) {
    self.centre = centre
    self.caller = caller
    self.timeout = timeout
  }

  /// Hands in a batch.
  ///
  /// - Returns: The ack's bytes, not verified yet.
  package func deliver(batch: [UInt8]) async throws(LinkError) -> [UInt8] {
    try await post(batch, to: WireContract.batchPath)
  }

  /// Asks for the page of the feed behind a cursor.
  ///
  /// - Returns: The page's bytes, not verified yet.
  package func feed(request: [UInt8]) async throws(LinkError) -> [UInt8] {
    try await post(request, to: WireContract.feedPath)
  }

  /// Asks for an amount to be set aside.
  ///
  /// - Parameter limit: For the whole answer; a diner stands there.
  /// - Returns: The answer's bytes, not verified yet.
  package func hold(
    request: [UInt8], within limit: Duration
  ) async throws(LinkError) -> [UInt8] {
    try await post(request, to: WireContract.holdPath, within: limit)
  }

  /// Asks for what goes back from another terminal's sale.
  ///
  /// - Parameter limit: For the whole answer; an operator waits.
  /// - Returns: The answer's bytes, not verified yet.
  package func refund(
    request: [UInt8], within limit: Duration
  ) async throws(LinkError) -> [UInt8] {
    try await post(request, to: WireContract.refundPath, within: limit)
  }

  /// Asks for news.
  ///
  /// - Parameter limit: For the whole answer, the time for which the centre waits included.
  /// - Returns: The answer's bytes.
  package func news(
    request: [UInt8], within limit: Duration
  ) async throws(LinkError) -> [UInt8] {
    try await post(request, to: WireContract.newsPath, within: limit)
  }

  /// Asks for a new certificate.
  ///
  /// - Returns: The enrolment's bytes.
  package func renew(request: [UInt8]) async throws(LinkError) -> [UInt8] {
    try await post(request, to: WireContract.renewPath)
  }

  /// Joins with a token, which is in the request.
  ///
  /// - Returns: The enrolment's bytes.
  package func enrol(request: [UInt8]) async throws(LinkError) -> [UInt8] {
    try await post(request, to: WireContract.enrolPath)
  }

  /// The certificate of the centre's authority, from whoever answers: it is believed by its fingerprint only.
  ///
  /// - Returns: PEM.
  package func authority() async throws(LinkError) -> [UInt8] {
    try await caller.answer(
      to: HTTPClientRequest(url: centre.url + WireContract.authorityPath), within: timeout,
      upTo: Self.answerLimit)
  }

  private func post(
    _ body: [UInt8], to path: String, within limit: Duration? = nil
  ) async throws(LinkError) -> [UInt8] {
    var request = HTTPClientRequest(url: centre.url + path)
    request.method = .POST
    request.headers.add(name: "Content-Type", value: WireForm.protobuf.mediaType)
    request.body = .bytes(ByteBuffer(bytes: body))
    return try await caller.answer(
      to: request, within: limit ?? timeout, upTo: Self.answerLimit)
  }
}
