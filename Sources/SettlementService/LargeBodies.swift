import HTTPListener
import HTTPTypes
import Hummingbird

/// Asks whoever sent much, and was heard, to call again on another connection while a city stands in line: the buffers
/// of this one stay as long as it is open.
struct LargeBodies: RouterMiddleware {
  let gate: IntakeGate

  /// In bytes: four records of TLS.
  private static let large = 64 * 1024

  func handle(
    _ request: Request, context: ListenerContext,
    next: @concurrent (Request, ListenerContext) async throws -> Response
  ) async throws -> Response {
    var response = try await next(request, context)
    let announced = request.headers[.contentLength].flatMap { Int($0) } ?? 0
    if announced > Self.large, gate.isCrowded { response.headers[.connection] = "close" }
    return response
  }
}
