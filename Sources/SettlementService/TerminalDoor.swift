import CanteenModel
import Foundation
import HTTPListener
import LinkSecurity
import SettlementStore
import SyncProtocol
import SyncTransport

/// Who may come in, and how one joins.
struct TerminalDoor: Sendable {
  let books: Books
  let identity: CentreIdentity

  /// The terminal whose certificate was shown.
  ///
  /// - Parameter mayHaveExpired: A terminal that was off for a long time hands in what it has and asks for a
  ///   new certificate; everything else waits for that.
  /// - Throws: ``Problem`` 401 without a certificate, 403 for one that is not a terminal's, has expired, or
  ///   was shut out.
  func terminal(
    in context: ListenerContext, mayHaveExpired: Bool = false
  ) async throws -> TerminalID {
    guard let shown = try await context.linkCertificate else {
      throw Problem(
        .noCertificate, "show the terminal's certificate, or join first: canteenctl enrol URL TOKEN"
      )
    }
    return try await admit(shown, mayHaveExpired: mayHaveExpired)
  }

  /// - Throws: ``Problem``.
  func admit(
    _ shown: LinkCertificate, mayHaveExpired: Bool
  ) async throws -> TerminalID {
    guard case .terminal(let terminal) = shown.role else {
      throw Problem(.notAdmitted, "\(shown.role.uri) is no terminal")
    }
    guard mayHaveExpired || !shown.hasExpired(at: books.now) else {
      throw Problem(
        .certificateExpired, "the certificate has expired: ask for a new one, then come again")
    }
    try await books.admit(terminal, showing: IssuedCertificate(shown))
    return terminal
  }

  /// Lets a terminal join.
  ///
  /// - Returns: The bytes of its enrolment.
  func join(_ bytes: [UInt8]) async throws -> [UInt8] {
    let request = try EnrolmentCodec.open(enrol: bytes)
    try await books.expects(request)
    let certificate = try signed(request.certificateRequest, for: request.terminal)
    let name = try await books.join(request, certificate: IssuedCertificate(certificate))
    return try enrolment(of: request.terminal, name, certificate)
  }

  /// Gives a terminal a new certificate.
  ///
  /// - Returns: The bytes of its enrolment.
  func renew(_ bytes: [UInt8], by terminal: TerminalID) async throws -> [UInt8] {
    let request = try await books.genuine(from: terminal) { key throws(WireError) in
      try EnrolmentCodec.open(renew: bytes, key: key)
    }
    guard request.terminal == terminal else {
      throw WireError.malformed("renew request.terminal is \(request.terminal)")
    }
    let certificate = try signed(request.certificateRequest, for: terminal)
    let name = try await books.renew(terminal, certificate: IssuedCertificate(certificate))
    return try enrolment(of: terminal, name, certificate)
  }

  private func signed(
    _ request: [UInt8], for terminal: TerminalID
  ) throws(Problem) -> LinkCertificate {
    do {
      return try identity.certificate(for: .terminal(terminal), request: request)
    } catch {
      throw Problem(.malformed, "\(error)")
    }
  }

  private func enrolment(
    of terminal: TerminalID, _ name: String, _ certificate: LinkCertificate
  ) throws(WireError) -> [UInt8] {
    try EnrolmentCodec.encode(
      Enrolment(
        terminal: terminal, name: name, certificate: certificate.der,
        authority: identity.authority.anchor.der, centreKey: books.publicKey))
  }
}

extension IssuedCertificate {
  init(_ certificate: LinkCertificate) {
    self.init(serial: certificate.serial, notAfter: certificate.notAfter)
  }
}
