import SyncTransport

/// Why the office's listener answers with a refusal: the names that its problem bodies (RFC 9457) have. A name never
/// changes its meaning.
package enum OfficeProblem: String, CaseIterable, Sendable {
  /// A parameter or the body is not what the document says.
  case malformed
  /// Understood and not done; the detail says why.
  case refused
  case notSignedIn = "not-signed-in"
  /// The role, its scope or the second person is missing.
  case notAllowed = "not-allowed"
  case notFound = "not-found"
  case methodNotAllowed = "method-not-allowed"
  case bodyTooSlow = "body-too-slow"
  case bodyTooLarge = "body-too-large"
  case mediaTypeUnsupported = "media-type-unsupported"
  /// The request names a host that is not this one.
  case wrongHost = "wrong-host"
  case tooManyRequests = "too-many-requests"
  case failed
  case notNow = "not-now"

  /// The HTTP status.
  package var status: Int {
    switch self {
    case .malformed, .refused: 400
    case .notSignedIn: 401
    case .notAllowed: 403
    case .notFound: 404
    case .methodNotAllowed: 405
    case .bodyTooSlow: 408
    case .bodyTooLarge: 413
    case .mediaTypeUnsupported: 415
    case .wrongHost: 421
    case .tooManyRequests: 429
    case .failed: 500
    case .notNow: 503
    }
  }

  private var words: (title: String, remedy: String) {
    switch self {
    case .malformed:
      ("Not what the document says", "Compare the request with docs/openapi-office.json.")
    case .refused: ("Not done", "Do what the detail says.")
    case .notSignedIn: ("Not signed in", "Sign in: POST /v1/session.")
    case .notAllowed: ("Not allowed", "Do what the detail says; docs/access.md lists who may what.")
    case .notFound: ("Nothing is at this path", "Compare the path with the document.")
    case .methodNotAllowed: ("This path has other methods", "Use one that the field Allow names.")
    case .bodyTooSlow: ("The body did not come in time", "Send it again over a new connection.")
    case .bodyTooLarge: ("The body is larger than its limit", "Send less, or send it in parts.")
    case .mediaTypeUnsupported:
      ("A body in another form", "Send the media type that the document names.")
    case .wrongHost: ("Another host", "Ask under a name that this listener was given.")
    case .tooManyRequests, .notNow:
      ("Not now", "Send it again after the seconds of the field Retry-After.")
    case .failed: ("A mistake of this end", "Send it again later, and tell whoever runs this end.")
    }
  }

  /// The body of the refusal.
  ///
  /// - Parameters:
  ///   - errors: Of a file, by their places.
  ///   - retryAfter: In seconds.
  func because(
    _ detail: String, errors: [ProblemPlace] = [], retryAfter: Int? = nil
  ) -> Problem {
    Problem(
      name: rawValue, title: words.title, status: status, detail: detail, remedy: words.remedy,
      errors: errors.isEmpty ? nil : errors, retryAfter: retryAfter)
  }
}
