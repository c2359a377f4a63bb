import CanteenModel
import HTTPListener
import HTTPTypes
import Hummingbird
import LinkSecurity
import SettlementStore
import SyncTransport

/// Who asks: by the cookie of a session, by the token of one, or by a certificate of the centre's authority.
struct OfficeCaller: Sendable {
  let person: PersonHere
  /// `nil` for who came with a certificate.
  let token: OfficeToken?

  private static let csrfField = HTTPField.Name("X-Canteen-CSRF")
  private static let originField = HTTPField.Name("Origin")
  private static let fetchField = HTTPField.Name("Sec-Fetch-Site")

  /// - Parameters:
  ///   - isUnsafe: Whether the request may change anything: then a browser must show that the own page sent it.
  ///   - hosts: The names of this listener.
  ///   - form: What a page's form sent in place of the field `X-Canteen-CSRF`.
  /// - Returns: `nil` for nobody.
  /// - Throws: ``Problem`` 401 for what was good once, 403 for another page's request.
  static func of(
    _ request: Request, _ context: ListenerContext, isUnsafe: Bool, hosts: OfficeHosts,
    _ books: Books, form: String? = nil
  ) async throws -> OfficeCaller? {
    guard !isUnsafe || isOwnPage(request, hosts) else {
      throw OfficeProblem.notAllowed.because("another site's page sent this: open this one")
    }
    if let bearer = request.headers[.authorization] {
      guard bearer.hasPrefix("Bearer "), let token = OfficeToken(String(bearer.dropFirst(7))) else {
        throw OfficeProblem.notSignedIn.because("the token is none: sign in again")
      }
      return try await session(token, books)
    }
    if let cookies = request.headers[.cookie], let token = OfficeToken.among(cookies: cookies) {
      let shown = form ?? csrfField.flatMap { request.headers[$0] }
      guard !isUnsafe || shown == token.csrf else {
        throw OfficeProblem.notAllowed.because(
          "the field X-Canteen-CSRF is missing or another session's: GET /v1/session gives it")
      }
      return try await session(token, books)
    }
    return try await certificate(of: request, context, isUnsafe: isUnsafe, books)
  }

  /// Whether a page of this listener sent it, or no page at all.
  static func isOwnPage(_ request: Request, _ hosts: OfficeHosts) -> Bool {
    originField.flatMap { request.headers[$0] }.map { hosts.has(origin: $0) } ?? true
  }

  private static func session(_ token: OfficeToken, _ books: Books) async throws -> OfficeCaller {
    guard let person = try await books.session(token.digest) else {
      throw OfficeProblem.notSignedIn.because("the session has ended: sign in again")
    }
    return OfficeCaller(person: person, token: token)
  }

  private static func certificate(
    of request: Request, _ context: ListenerContext, isUnsafe: Bool, _ books: Books
  ) async throws -> OfficeCaller? {
    guard let shown = try await context.linkCertificate, case .person(let login) = shown.role else {
      return nil
    }
    guard !shown.hasExpired(at: books.now), let person = try await books.person(login),
      person.certificate == shown.serial
    else {
      throw OfficeProblem.notSignedIn.because(
        "the certificate has ended or was replaced: canteen-settlement person certificate")
    }
    // A browser shows a certificate to whatever page asks it to, so unsafe requests are for programs.
    let isBrowser =
      originField.flatMap { request.headers[$0] } != nil
      || fetchField.flatMap { request.headers[$0] } != nil
    guard !isUnsafe || !isBrowser else {
      throw OfficeProblem.notAllowed.because("sign in: a certificate is for programs")
    }
    return OfficeCaller(person: person, token: nil)
  }
}

/// The names under which the office's listener is asked.
struct OfficeHosts: Sendable {
  let names: [String]

  /// Whether a field Host, or what stands for it, names this listener; the port does not matter.
  func has(_ authority: String?) -> Bool {
    guard let authority else { return false }
    let host = authority.lowercased().split(separator: ":", omittingEmptySubsequences: false)
    guard host.count <= 2, host.count == 1 || UInt16(host[1]) != nil else { return false }
    return names.contains(String(host[0]))
  }

  /// Whether a page is of this listener.
  func has(origin: String) -> Bool {
    let scheme = "https://"
    return origin.hasPrefix(scheme) && has(String(origin.dropFirst(scheme.count)))
  }
}
