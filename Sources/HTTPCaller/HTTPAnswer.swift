package import AsyncHTTPClient
package import NIOCore
package import NIOHTTP1

/// The answer to a request, read whole.
package struct HTTPAnswer: Sendable {
  /// The HTTP status.
  package let status: Int
  /// In how many seconds to come again, 0 or more, where the other side said so (RFC 9110, section 10.2.3).
  package let retryAfter: Int?
  package let headers: HTTPHeaders
  package let body: ByteBuffer
}

/// Why a request has no answer.
package enum HTTPCallError: Error, Sendable, CustomStringConvertible {
  /// Nobody there, or the line broke.
  case failed(any Error)
  /// The answer was not whole in time. The other side may have done what it was asked.
  case late(Duration)
  /// The body is larger than its limit.
  case tooLarge

  package var description: String {
    switch self {
    case .failed(let error): "\(error)"
    case .late(let limit): "the answer was not whole after \(limit)"
    case .tooLarge: "the answer is larger than its limit"
    }
  }
}

extension HTTPClient {
  /// Sends a request and reads its answer whole, head and body, within one time limit.
  ///
  /// The deadline that the library takes ends with the head, and its read timeout begins anew with
  /// every byte: a peer that stalls, or sends a byte now and then, would be waited for without end.
  ///
  /// - Parameters:
  ///   - limit: From now until the last byte of the body.
  ///   - bytes: The most that the body may have.
  package func answer(
    to request: HTTPClientRequest, within limit: Duration, upTo bytes: Int
  ) async throws(HTTPCallError) -> HTTPAnswer {
    let result = await withTaskGroup(
      of: Result<HTTPAnswer, HTTPCallError>.self, returning: Result<HTTPAnswer, HTTPCallError>.self
    ) { group in
      group.addTask { await self.whole(request, within: limit, upTo: bytes) }
      group.addTask {
        do {
          try await _Concurrency.Task.sleep(for: limit)
          return .failure(.late(limit))
        } catch {
          return .failure(.failed(error))
        }
      }
      defer { group.cancelAll() }
      return await group.next() ?? .failure(.failed(CancellationError()))
    }
    return try result.get()
  }

  // `Task` alone is the library's own in here.
  private func whole(
    _ request: HTTPClientRequest, within limit: Duration, upTo bytes: Int
  ) async -> Result<HTTPAnswer, HTTPCallError> {
    do {
      let response = try await execute(request, timeout: TimeAmount(limit))
      let body = try await response.body.collect(upTo: bytes)
      // A cancelled body may look as if it had ended.
      try _Concurrency.Task.checkCancellation()
      let retryAfter = response.headers.first(name: "Retry-After").flatMap { UInt16($0) }
      return .success(
        HTTPAnswer(
          status: Int(response.status.code), retryAfter: retryAfter.map { Int($0) },
          headers: response.headers, body: body))
    } catch is NIOTooManyBytesError {
      return .failure(.tooLarge)
    } catch let error as HTTPClientError where error == .deadlineExceeded {
      return .failure(.late(limit))
    } catch {
      return .failure(.failed(error))
    }
  }
}
