import AsyncHTTPClient
import HTTPCaller
import NIOCore

extension HTTPClient {
  /// The client of every link, for as long as the process lives. It follows nobody elsewhere, so that
  /// it cannot be led off loopback; a refusal is reported at once, and when to try again is the
  /// business of the schedule above.
  static let link: HTTPClient = {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.timeout.connect = .seconds(2)
    // No request has longer; here it closes the connection of one that nobody waits for any more.
    configuration.timeout.read = .seconds(10)
    configuration.connectionPool.retryConnectionEstablishment = false
    return HTTPClient(configuration: configuration)
  }()

  /// Sends a request and reads its answer whole.
  ///
  /// - Parameter limit: For the whole answer, head and body.
  /// - Throws: ``LinkError`` only.
  func linkAnswer(
    to request: HTTPClientRequest, within limit: Duration, upTo bytes: Int
  ) async throws(LinkError) -> [UInt8] {
    let answer: HTTPAnswer
    do throws(HTTPCallError) {
      answer = try await self.answer(to: request, within: limit, upTo: bytes)
    } catch {
      switch error {
      case .tooLarge: throw .tooLarge
      case .failed, .late: throw .unreachable(error.description)
      }
    }
    let bytes = Array(answer.body.readableBytesView)
    guard (200..<300).contains(answer.status) else {
      throw .refused(
        status: answer.status, String(decoding: bytes.prefix(512), as: UTF8.self))
    }
    return bytes
  }
}
