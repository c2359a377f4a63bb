package import CanteenModel
import Foundation
import LinkSecurity
import SyncProtocol
package import SyncTransport
import Synchronization

/// Who the terminal is and which centre it belongs to, since it joined: one file in the state directory, which
/// holds the private key of its certificate.
package final class TerminalIdentity: Sendable {
  /// The file, in JSON.
  private struct Content: Codable {
    var terminal: UInt32
    var name: String
    /// Where the centre is.
    var centre: String
    /// What its acks and feeds are signed with, in hexadecimal digits.
    var centreKey: String
    /// In PEM: the certificate of its authority; the terminal's own key and certificate.
    var authority: String
    var identity: String
  }

  private struct State {
    var content: Content
    var link: LinkIdentity
    /// The key of the certificate that was asked for last.
    var asked: LinkKey?
  }

  package let terminal: TerminalID
  let centre: LinkAddress
  let centreKey: VerifyingKey
  let anchor: TrustAnchor
  private let path: String
  private let state: Mutex<State>

  private static func path(in directory: String) -> String { directory + "/identity.json" }

  private init(_ content: Content, path: String) throws {
    guard content.terminal > 0, let key = Hexadecimal.bytes(content.centreKey) else {
      throw LinkSecurityError.malformed("a number of 1 or more and a key are needed")
    }
    terminal = TerminalID(content.terminal)
    centre = try LinkAddress(content.centre)
    centreKey = try VerifyingKey(rawBytes: key)
    anchor = try TrustAnchor(pem: content.authority)
    let link = try LinkIdentity(pem: content.identity, anchor: anchor)
    guard link.certificate.role == .terminal(terminal) else {
      throw LinkSecurityError.malformed("the certificate is of \(link.certificate.role.uri)")
    }
    self.path = path
    state = Mutex(State(content: content, link: link))
  }

  /// Reads the identity of a terminal that has joined.
  ///
  /// - Returns: `nil` for one that has not.
  /// - Throws: ``SecretFile/Failure``, which says what to do.
  package static func read(in directory: String) throws(SecretFile.Failure) -> TerminalIdentity? {
    let path = path(in: directory)
    guard let bytes = try SecretFile.read(path) else { return nil }
    do {
      return try TerminalIdentity(
        try JSONDecoder().decode(Content.self, from: Data(bytes)), path: path)
    } catch {
      throw .unreadable(path: path, reason: "\(error); join again: canteenctl enrol URL TOKEN")
    }
  }

  /// What the centre calls the terminal.
  var name: String { state.withLock { $0.content.name } }

  /// What the terminal shows now.
  var current: LinkIdentity { state.withLock { $0.link } }

  // MARK: - Joining

  /// Joins a centre: finds its authority by the token's fingerprint, and only then says the token's secret.
  ///
  /// Where the answer was lost, the same terminal may use the same token again for as long as it lives.
  ///
  /// - Parameters:
  ///   - recordKey: What the terminal's records are signed with.
  ///   - now: Unix time in milliseconds, as well as it is known.
  /// - Throws: ``LinkError``, ``LinkSecurityError``, ``WireError``, ``SecretFile/Failure``.
  static func join(
    _ centre: LinkAddress, token: JoinToken, directory: String, recordKey: SigningKey,
    now: @escaping @Sendable () -> Int64
  ) async throws -> TerminalIdentity {
    let anchor = try await authority(of: centre, fingerprint: token.anchor)
    let caller = try LinkCaller(nil, to: LinkCaller.Peer(.centre, of: anchor, now: now))
    let key = LinkKey()
    let request = EnrolRequest(
      terminal: token.terminal, tokenSecret: token.secret,
      certificateRequest: try key.certificateRequest(), recordKey: recordKey.publicKey)
    let answer = try await CentreClient(centre, caller: caller).enrol(
      request: try EnrolmentCodec.seal(request, key: recordKey))
    let enrolment = try EnrolmentCodec.decode(answer)
    let certificate = try await checked(enrolment, of: token.terminal, anchor, key)
    let content = Content(
      terminal: enrolment.terminal.number, name: enrolment.name, centre: centre.url,
      centreKey: Hexadecimal.text(enrolment.centreKey.rawBytes), authority: anchor.pem,
      identity: LinkIdentity(key: key, certificate: certificate, anchor: anchor).pem)
    let identity = try TerminalIdentity(content, path: path(in: directory))
    try identity.save(content)
    return identity
  }

  private static func authority(
    of centre: LinkAddress, fingerprint: Digest32
  ) async throws -> TrustAnchor {
    let stranger = try LinkCaller(nil, to: nil)
    let pem = try await CentreClient(centre, caller: stranger).authority()
    let anchor = try TrustAnchor(pem: String(decoding: pem, as: UTF8.self))
    guard anchor.fingerprint == fingerprint else {
      throw LinkError.notTrusted(
        "\(centre) is not the centre that the token is of: is the address right?")
    }
    return anchor
  }

  /// - Throws: ``LinkSecurityError`` for a certificate that is not this terminal's.
  private static func checked(
    _ enrolment: Enrolment, of terminal: TerminalID, _ anchor: TrustAnchor, _ key: LinkKey
  ) async throws -> LinkCertificate {
    let certificate = try await anchor.verified(enrolment.certificate)
    guard enrolment.terminal == terminal, certificate.role == .terminal(terminal),
      certificate.isOf(key), enrolment.authority == anchor.der
    else { throw LinkSecurityError.notGenuine("the centre answered for another terminal") }
    return certificate
  }

  // MARK: - Renewing

  /// The request for a new certificate.
  ///
  /// - Parameter recordKey: As at the joining.
  func renewalRequest(recordKey: SigningKey) throws -> [UInt8] {
    let key = LinkKey()
    let request = RenewRequest(
      terminal: terminal, certificateRequest: try key.certificateRequest())
    let bytes = try EnrolmentCodec.seal(request, key: recordKey)
    state.withLock { $0.asked = key }
    return bytes
  }

  /// Takes the certificate that was asked for last, and makes it durable before it is shown.
  ///
  /// - Throws: ``LinkSecurityError``, ``WireError``, ``SecretFile/Failure``; the one before it is then shown on.
  func take(_ bytes: [UInt8]) async throws {
    let enrolment = try EnrolmentCodec.decode(bytes)
    guard let key = state.withLock({ $0.asked }) else {
      throw LinkSecurityError.notGenuine("no certificate was asked for")
    }
    let certificate = try await Self.checked(enrolment, of: terminal, anchor, key)
    guard enrolment.centreKey == centreKey else {
      throw LinkSecurityError.notGenuine("the centre signs with another key: join again")
    }
    let link = LinkIdentity(key: key, certificate: certificate, anchor: anchor)
    var content = state.withLock { $0.content }
    content.name = enrolment.name
    content.identity = link.pem
    try save(content)
    state.withLock { $0 = State(content: content, link: link) }
  }

  private func save(_ content: Content) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try SecretFile.replace(path, Array(try encoder.encode(content)))
  }
}
