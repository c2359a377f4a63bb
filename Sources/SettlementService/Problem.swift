import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import SettlementStore
import SyncProtocol

/// The body of every refusal, in the shape of RFC 9457. `detail` says what to do.
struct Problem: Error, Codable, Sendable {
  let title: String
  let status: Int
  let detail: String
  /// In how many seconds the sender may come again. Not in the body: HTTP has a field for it.
  private(set) var retryAfter: Int?

  private enum CodingKeys: CodingKey {
    case title, status, detail
  }

  init(_ status: HTTPResponse.Status, _ detail: String, retryAfter: Int? = nil) {
    title = status.reasonPhrase
    self.status = status.code
    self.detail = detail
    self.retryAfter = retryAfter
  }

  /// What a terminal, or the operator, is told of a failure of the books.
  init(_ error: StoreError) {
    switch error {
    case .unknownTerminal, .shutOut: self.init(.forbidden, error.description)
    case .notGenuine, .refused: self.init(.badRequest, error.description)
    case .commitFailed, .stopped, .inUse, .unusable, .damaged, .fromNewerVersion:
      self.init(.serviceUnavailable, error.description)
    }
  }

  init(_ refusal: ControlRefusal) {
    switch refusal {
    case .invalid(let detail): self.init(.badRequest, detail)
    case .unavailable(let detail): self.init(.serviceUnavailable, detail)
    }
  }

  /// How long a sender waits before it tries a centre again that cannot answer now.
  private static let usualRetryAfter = 5

  func response() throws -> Response {
    var response = try Response(json: self, status: HTTPResponse.Status(code: status))
    response.headers[.contentType] = "application/problem+json"
    if let seconds = retryAfter ?? (status == 503 ? Self.usualRetryAfter : nil) {
      response.headers[.retryAfter] = "\(seconds)"
    }
    return response
  }
}

extension Response {
  /// An answer in JSON with sorted keys.
  init(json value: some Encodable, status: HTTPResponse.Status = .ok) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    self.init(
      status: status, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
  }
}

/// Puts every refusal into one shape, those of the HTTP library included.
struct ProblemShape<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context,
    next: @concurrent (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let problem as Problem {
      return try problem.response()
    } catch let error as StoreError {
      return try Problem(error).response()
    } catch let error as WireError {
      return try Problem(StoreError.notGenuine(error)).response()
    } catch let refusal as ControlRefusal {
      return try Problem(refusal).response()
    } catch is NIOTooManyBytesError {
      return try Problem(.contentTooLarge, "the body is larger than its limit").response()
    } catch let error as HTTPError {
      return try Problem(error.status, error.body ?? "there is nothing at this path").response()
    }
  }
}
