import CanteenModel
import LinkSecurity
import SyncProtocol
import SyncTransport

extension ConformanceCheck {
  static let joining: [ConformanceCheck] = [
    ConformanceCheck("authority", .joining, isNeeded: true) { terminal in
      let answer = try await terminal.send(RawRequest("GET", WireContract.authorityPath))
      guard answer.status == 200 else {
        throw Nonconformity(expected: "status 200", came: ConformanceTerminal.words(answer))
      }
      let anchor = try TrustAnchor(pem: String(decoding: answer.body, as: UTF8.self))
      guard anchor.fingerprint == terminal.token.anchor else {
        throw Nonconformity(
          expected: "the certificate whose SHA-256 the token names", came: "another one")
      }
      terminal.anchor = anchor
    },
    ConformanceCheck("stranger", .whoMayAsk) { terminal in
      try await refused(by: terminal, showing: nil, .noCertificate)
    },
    ConformanceCheck("foreign-certificate", .whoMayAsk) { terminal in
      let foreign = try CertificateAuthority(now: ConformanceTerminal.now())
      let key = LinkKey()
      let certificate = try foreign.certificate(
        for: .terminal(terminal.id), request: try key.certificateRequest(),
        now: ConformanceTerminal.now())
      try await refused(
        by: terminal,
        showing: LinkIdentity(key: key, certificate: certificate, anchor: foreign.anchor),
        .noCertificate, .notAdmitted)
    },
    ConformanceCheck("enrol-wrong-secret", .joining) { terminal in
      let guess = JoinToken(terminal: terminal.id, anchor: terminal.token.anchor)
      let answer = try await enrol(terminal, guess, key: terminal.key)
      try ConformanceTerminal.expect(answer, .refused)
    },
    ConformanceCheck("enrol-other-signature", .joining) { terminal in
      let request = try sealed(terminal, terminal.token, key: terminal.key)
      let answer = try await terminal.post(tampered(request), to: .enrol)
      try ConformanceTerminal.expect(answer, .notGenuine)
    },
    ConformanceCheck("enrol", .joining, isNeeded: true) { terminal in
      try await join(terminal, in: .protobuf)
    },
    ConformanceCheck("enrol-spent-token", .joining) { terminal in
      let answer = try await enrol(terminal, terminal.token, key: SigningKey())
      try ConformanceTerminal.expect(answer, .refused)
    },
    ConformanceCheck("enrol-again-json", .joining) { terminal in
      try await join(terminal, in: .json)
    },
  ]

  /// A batch is not taken from whoever shows this, if anything is answered at all.
  static func refused(
    by terminal: ConformanceTerminal, showing identity: LinkIdentity?, _ problems: WireProblem...
  ) async throws {
    let answer: RawAnswer
    do {
      answer = try await terminal.caller(showing: identity).send(
        RawRequest("POST", WireContract.batchPath, body: try terminal.batch().bytes),
        to: terminal.address, within: ConformanceTerminal.patience, upTo: 1 << 20)
    } catch LinkError.unreachable {
      // The handshake may be the place to refuse.
      return
    }
    guard problems.contains(where: { $0.status == answer.status }) else {
      throw Nonconformity(
        expected: "no handshake, or \(problems.map { "\($0.status)" }.joined(separator: " or "))",
        came: ConformanceTerminal.words(answer))
    }
  }

  private static func sealed(
    _ terminal: ConformanceTerminal, _ token: JoinToken, key: SigningKey
  ) throws -> [UInt8] {
    try EnrolmentCodec.seal(
      EnrolRequest(
        terminal: terminal.id, tokenSecret: token.secret,
        certificateRequest: try terminal.linkKey.certificateRequest(), recordKey: key.publicKey),
      key: key)
  }

  private static func enrol(
    _ terminal: ConformanceTerminal, _ token: JoinToken, key: SigningKey,
    in form: WireForm = .protobuf
  ) async throws -> RawAnswer {
    try await terminal.post(try sealed(terminal, token, key: key), to: .enrol, in: form)
  }

  private static func join(_ terminal: ConformanceTerminal, in form: WireForm) async throws {
    terminal.linkKey = LinkKey()
    let answer = try await enrol(terminal, terminal.token, key: terminal.key, in: form)
    try await take(enrolment: answer, terminal, in: form)
  }

  /// Shows a new certificate from now on.
  static func take(
    enrolment answer: RawAnswer, _ terminal: ConformanceTerminal, in form: WireForm = .protobuf
  ) async throws {
    guard let anchor = terminal.anchor else { preconditionFailure("the authority is known") }
    let bytes = try ConformanceTerminal.message(of: answer, .enrolment, in: form)
    let enrolment = try EnrolmentCodec.decode(bytes)
    let certificate = try await anchor.verified(enrolment.certificate)
    guard enrolment.terminal == terminal.id, certificate.role == .terminal(terminal.id) else {
      throw Nonconformity(
        expected: "a certificate for urn:canteen:terminal:\(terminal.id)",
        came: certificate.role.uri)
    }
    guard certificate.isOf(terminal.linkKey), enrolment.authority == anchor.der else {
      throw Nonconformity(
        expected: "a certificate for the key that was asked with, of this authority",
        came: "another")
    }
    guard terminal.centreKey.map({ $0 == enrolment.centreKey }) ?? true else {
      throw Nonconformity(expected: "the centre's key as before", came: "another one")
    }
    terminal.centreKey = enrolment.centreKey
    terminal.identity = LinkIdentity(
      key: terminal.linkKey, certificate: certificate, anchor: anchor)
  }

  /// A signed message of ours with one bit of its signature changed: behind the signature come the algorithm,
  /// in 2 bytes, and the key's id, in 10.
  static func tampered(_ signed: [UInt8]) -> [UInt8] {
    var bytes = signed
    bytes[bytes.count - 20] ^= 1
    return bytes
  }
}
