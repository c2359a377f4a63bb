import HTTPListener
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import SettlementStore
import SyncTransport

/// Puts every refusal of the office into one shape, and what browsers are to do with an answer onto each.
struct OfficeShape: RouterMiddleware {
  func handle(
    _ request: Request, context: ListenerContext,
    next: @concurrent (Request, ListenerContext) async throws -> Response
  ) async throws -> Response {
    var response: Response
    do {
      response = try await next(request, context)
    } catch {
      let problem = Self.problem(error, request)
      if problem.status >= 500 {
        context.logger.error("a request failed", metadata: ["reason": "\(error)"])
      }
      response = try problem.response()
      if problem.status == 405 { response.headers[.allow] = Self.methods(request.uri.path) }
    }
    for (name, value) in Self.fields where response.headers[name] == nil {
      response.headers[name] = value
    }
    return response
  }

  /// Nothing is kept, framed, guessed at, or told to another site; the pages widen the policy for themselves.
  private static let fields: [(HTTPField.Name, String)] = [
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("Strict-Transport-Security", "max-age=31536000"),
    ("X-Content-Type-Options", "nosniff"),
  ].compactMap { name, value in HTTPField.Name(name).map { ($0, value) } }

  /// What somebody is told: what to do, and nothing of the inside.
  static func problem(_ error: any Error, _ request: Request) -> Problem {
    switch error {
    case let problem as Problem: problem
    case let error as StoreError: problem(error)
    case ControlRefusal.invalid(let detail): OfficeProblem.refused.because(detail)
    case is ControlRefusal: OfficeProblem.notNow.because("the books cannot answer now")
    case is NIOTooManyBytesError:
      OfficeProblem.bodyTooLarge.because("the body is larger than its limit")
    case let error as HTTPError: problem(error, request)
    default: OfficeProblem.failed.because("the request failed by a mistake of this end")
    }
  }

  private static func problem(_ error: StoreError) -> Problem {
    switch error {
    case .refused(let faults):
      OfficeProblem.refused.because(
        error.description, errors: faults.compactMap { ProblemPlace($0) })
    case .unknownTerminal, .shutOut, .notGenuine:
      OfficeProblem.refused.because(error.description)
    case .commitFailed, .stopped, .inUse, .unusable, .damaged, .fromNewerVersion:
      OfficeProblem.notNow.because("the books cannot answer now: the centre's log says why")
    }
  }

  private static func problem(_ error: HTTPError, _ request: Request) -> Problem {
    switch error.status {
    case .notFound:
      let methods = methods(request.uri.path)
      return methods.isEmpty
        ? OfficeProblem.notFound.because("there is nothing at this path")
        : OfficeProblem.methodNotAllowed.because("this path has \(methods)")
    case .contentTooLarge:
      return OfficeProblem.bodyTooLarge.because("the body is larger than its limit")
    case .requestTimeout: return OfficeProblem.bodyTooSlow.because("the body did not come in time")
    case .badRequest: return OfficeProblem.malformed.because(error.body ?? "no request")
    default: return OfficeProblem.failed.because("the request failed by a mistake of this end")
    }
  }

  /// Those of the routes at a path, with commas between.
  private static func methods(_ path: String) -> String {
    let parts = path.split(separator: "/", omittingEmptySubsequences: true)
    return OfficeCall.allCases.map(\.route).filter { route in
      let own = route.path.split(separator: "/")
      return own.count == parts.count
        && zip(own, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }.map(\.method.rawValue).joined(separator: ", ")
  }
}
