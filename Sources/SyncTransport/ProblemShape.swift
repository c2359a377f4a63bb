import HTTPTypes
package import Hummingbird
import Logging
import NIOCore
package import SyncProtocol

/// Puts every refusal into one shape, those of the HTTP library and our own mistakes included.
package struct ProblemShape<Context: RequestContext>: RouterMiddleware {
  private let routes: [WireRoute]

  /// - Parameter routes: What is served, so that a wrong method is told from a wrong path. A listener that is
  ///   none of the contract's says none.
  package init(routes: [WireRoute] = []) {
    self.routes = routes
  }

  package func handle(
    _ request: Request, context: Context,
    next: @concurrent (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let source as any ProblemSource {
      return try source.problem.response()
    } catch is NIOTooManyBytesError {
      return try Problem(.bodyTooLarge, "the body is larger than its limit").response()
    } catch let error as HTTPError {
      return try response(to: request, error)
    } catch {
      context.logger.error("a request failed", metadata: ["reason": "\(error)"])
      return try Problem(.failed, "the request failed by a mistake of this end").response()
    }
  }

  private func response(to request: Request, _ error: HTTPError) throws -> Response {
    switch error.status {
    case .notFound:
      let methods = routes.filter { $0.path == request.uri.path }.map(\.method.rawValue)
      guard !methods.isEmpty else {
        return try Problem(.notFound, "there is nothing at this path").response()
      }
      let allowed = methods.joined(separator: ", ")
      var response = try Problem(.methodNotAllowed, "this path has \(allowed)").response()
      response.headers[.allow] = allowed
      return response
    case .contentTooLarge:
      return try Problem(.bodyTooLarge, "the body is larger than its limit").response()
    case .requestTimeout:
      return try Problem(.bodyTooSlow, error.body ?? "the body did not come in time").response()
    case .badRequest: return try Problem(.malformed, error.body ?? "no request").response()
    default:
      // The library throws no other.
      return try Problem(.failed, "\(error.status): \(error.body ?? "")").response()
    }
  }
}
