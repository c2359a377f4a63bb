/// Why an end of a link answers with a refusal: the names that its problem bodies (RFC 9457) have. A name never
/// changes its meaning; `docs/integration.md` lists them.
package enum WireProblem: String, CaseIterable, Sendable {
  /// The bytes are not the message of this path, or a part is larger than its limit.
  case malformed
  /// A format number or an algorithm that this version does not speak.
  case notSpoken = "not-spoken"
  /// The signature is not the sender's, or the records do not lead to the stated head.
  case notGenuine = "not-genuine"
  /// Understood and not done; the detail says why.
  case refused
  /// No certificate was shown.
  case noCertificate = "no-certificate"
  /// The certificate is not of somebody who may ask here.
  case notAdmitted = "not-admitted"
  /// It was good once.
  case certificateExpired = "certificate-expired"
  case notFound = "not-found"
  case methodNotAllowed = "method-not-allowed"
  /// No form that the sender accepts is spoken here.
  case notAcceptable = "not-acceptable"
  case bodyTooSlow = "body-too-slow"
  /// The batch is of an epoch that the centre did not open.
  case epochNotOpen = "epoch-not-open"
  /// The terminal does not believe what the centre sent.
  case notAccepted = "not-accepted"
  case bodyTooLarge = "body-too-large"
  /// The body has a form that is not spoken here.
  case mediaTypeUnsupported = "media-type-unsupported"
  case tooManyRequests = "too-many-requests"
  /// A mistake of this end.
  case failed
  /// It cannot answer now.
  case notNow = "not-now"

  /// Stands before the name in a problem's `type`. It names; nothing is fetched from there.
  private static let prefix = "https://canteen.example.org/problems/"

  /// The `type` of the problem.
  package var uri: String { Self.uri(of: rawValue) }

  /// The `type` of a problem of that name.
  package static func uri(of name: String) -> String { prefix + name }

  /// - Returns: `nil` for what ``uri`` never is.
  package init?(uri: String) {
    guard uri.hasPrefix(Self.prefix) else { return nil }
    self.init(rawValue: String(uri.dropFirst(Self.prefix.count)))
  }

  /// The HTTP status.
  package var status: Int {
    switch self {
    case .malformed, .notSpoken, .notGenuine, .refused: 400
    case .noCertificate: 401
    case .notAdmitted, .certificateExpired: 403
    case .notFound: 404
    case .methodNotAllowed: 405
    case .notAcceptable: 406
    case .bodyTooSlow: 408
    case .epochNotOpen, .notAccepted: 409
    case .bodyTooLarge: 413
    case .mediaTypeUnsupported: 415
    case .tooManyRequests: 429
    case .failed: 500
    case .notNow: 503
    }
  }

  /// What happened, the same words each time.
  package var title: String {
    switch self {
    case .malformed: "The body is not what the contract says"
    case .notSpoken: "Another version of the contract"
    case .notGenuine: "Not signed by the sender, or changed on the way"
    case .refused: "Not done"
    case .noCertificate: "No certificate was shown"
    case .notAdmitted: "Not let in"
    case .certificateExpired: "The certificate has expired"
    case .notFound: "Nothing is at this path"
    case .methodNotAllowed: "This path has other methods"
    case .notAcceptable: "No answer in a form that was asked for"
    case .bodyTooSlow: "The body did not come in time"
    case .epochNotOpen: "The epoch is not open"
    case .notAccepted: "Not believed"
    case .bodyTooLarge: "The body is larger than its limit"
    case .mediaTypeUnsupported: "A body in another form"
    case .tooManyRequests: "Too many requests"
    case .failed: "A mistake of this end"
    case .notNow: "Not now"
    }
  }

  /// What its receiver does, whoever it is and whatever the detail says.
  package var remedy: String {
    switch self {
    case .malformed: "Do not send it again: compare it with the contract of the path."
    case .notSpoken: "Do not send it again: update the older end."
    case .notGenuine:
      "Do not send it again as it is: check the key, and the bytes that were signed."
    case .refused: "Do what the detail says."
    case .noCertificate: "Connect with the certificate that the centre issued, or join first."
    case .notAdmitted: "Ask the operator of the centre."
    case .certificateExpired: "Ask for a new certificate, then send it again."
    case .notFound: "Compare the path with the contract."
    case .methodNotAllowed: "Use a method that the field Allow names."
    case .notAcceptable: "Accept application/x-protobuf or application/json."
    case .bodyTooSlow: "Send it again over a new connection."
    case .epochNotOpen: "Keep the records, and ask the operator of the centre."
    case .notAccepted: "Fetch the next batch and acknowledge that one."
    case .bodyTooLarge: "Send less, over a new connection."
    case .mediaTypeUnsupported: "Send application/x-protobuf or application/json."
    case .tooManyRequests, .notNow: "Send it again after the seconds of the field Retry-After."
    case .failed: "Send it again later, and tell whoever runs this end."
    }
  }
}
