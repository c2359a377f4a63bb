import AsyncHTTPClient
import NIOCore
import NIOHTTP1

extension HTTPClient {
  /// The client of every link, for as long as the process lives. It follows nobody elsewhere, so that
  /// it cannot be led off loopback; a refusal is reported at once, and when to try again is the
  /// business of the schedule above.
  static let link: HTTPClient = {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.timeout.connect = .seconds(2)
    configuration.connectionPool.retryConnectionEstablishment = false
    return HTTPClient(configuration: configuration)
  }()

  /// Sends a request and reads its answer whole.
  ///
  /// - Throws: ``LinkError`` only.
  func answer(
    to request: HTTPClientRequest, timeout: TimeAmount, limit: Int
  ) async throws(LinkError) -> [UInt8] {
    do {
      let response = try await execute(request, timeout: timeout)
      let body = try await response.body.collect(upTo: limit)
      let bytes = Array(body.readableBytesView)
      guard (200..<300).contains(response.status.code) else {
        throw LinkError.refused(
          status: Int(response.status.code), String(decoding: bytes.prefix(512), as: UTF8.self))
      }
      return bytes
    } catch let error as LinkError {
      throw error
    } catch is NIOTooManyBytesError {
      throw .tooLarge
    } catch {
      throw .unreachable("\(error)")
    }
  }
}
