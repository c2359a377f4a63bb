import CanteenModel
import LinkSecurity
import Testing

@Suite struct LinkSecurityTests {
  private static let now: Int64 = 1_795_190_400_000

  private func signed(
    by authority: CertificateAuthority, for role: LinkRole = .terminal(TerminalID(7))
  ) throws -> (LinkKey, LinkCertificate) {
    let key = LinkKey()
    return (
      key,
      try authority.certificate(
        for: role, request: try key.certificateRequest(), now: Self.now)
    )
  }

  @Test("a certificate says whom it speaks for, how long, and survives its file")
  func certificate() async throws {
    let authority = try CertificateAuthority(now: Self.now)
    let (key, certificate) = try signed(by: authority)
    #expect(certificate.role == .terminal(TerminalID(7)))
    #expect(certificate.notAfter == Self.now + 90 * 86_400_000)
    #expect(!certificate.hasExpired(at: certificate.notAfter))
    #expect(certificate.hasExpired(at: certificate.notAfter + 1))
    #expect(certificate.renewalDue < certificate.notAfter - 29 * 86_400_000)
    #expect(certificate.renewalDue > Self.now + 59 * 86_400_000)
    #expect(try await authority.anchor.verified(certificate.der) == certificate)
    let identity = LinkIdentity(key: key, certificate: certificate, anchor: authority.anchor)
    let again = try LinkIdentity(
      pem: identity.pem, anchor: try TrustAnchor(pem: authority.anchor.pem))
    #expect(again.certificate == certificate)
    #expect(again.anchor.fingerprint == authority.anchor.fingerprint)
    #expect(try CertificateAuthority(pem: authority.pem).anchor == authority.anchor)
  }

  @Test("nothing that this authority did not sign for a terminal or the centre is believed")
  func strangers() async throws {
    let (authority, other) = (
      try CertificateAuthority(now: Self.now), try CertificateAuthority(now: Self.now)
    )
    let (_, foreign) = try signed(by: other)
    await #expect(throws: LinkSecurityError.self) {
      try await authority.anchor.verified(foreign.der)
    }
    await #expect(throws: LinkSecurityError.self) {
      try await authority.anchor.verified(authority.anchor.der)
    }
    let (_, own) = try signed(by: authority)
    for index in stride(from: 0, to: own.der.count, by: 7) {
      var damaged = own.der
      damaged[index] ^= 1
      await #expect(throws: LinkSecurityError.self) {
        try await authority.anchor.verified(damaged)
      }
    }
  }

  @Test("a key and a certificate of another do not pass for one identity")
  func mixed() throws {
    let authority = try CertificateAuthority(now: Self.now)
    let (_, certificate) = try signed(by: authority)
    #expect(throws: LinkSecurityError.self) {
      try LinkIdentity(pem: LinkKey().pem + certificate.pem, anchor: authority.anchor)
    }
    #expect(throws: LinkSecurityError.self) {
      try CertificateAuthority(pem: LinkKey().pem + authority.anchor.pem)
    }
  }

  @Test(
    "a certificate request that was changed gets no certificate, or one for the key that signed it")
  func requests() throws {
    let authority = try CertificateAuthority(now: Self.now)
    let key = LinkKey()
    let good = try key.certificateRequest()
    for index in good.indices {
      var damaged = good
      damaged[index] ^= 1
      do {
        let certificate = try authority.certificate(
          for: .terminal(TerminalID(7)), request: damaged, now: Self.now)
        // What does not belong to the signed part may read the same.
        #expect(certificate.isOf(key), "byte \(index)")
      } catch {}
    }
    #expect(throws: LinkSecurityError.self) {
      try authority.certificate(for: .centre, request: [], now: Self.now)
    }
  }

  @Test(
    "a name is read as it is written and in no other way",
    arguments: [
      ("urn:canteen:centre", LinkRole.centre), ("urn:canteen:terminal:7", .terminal(TerminalID(7))),
      ("urn:canteen:terminal:4294967295", .terminal(TerminalID(.max))),
      ("urn:canteen:terminal:07", nil), ("urn:canteen:terminal:0", nil),
      ("urn:canteen:terminal:4294967296", nil), ("urn:canteen:terminal:", nil), ("7", nil),
      ("urn:canteen:centre:7", nil), ("URN:canteen:centre", nil), ("", nil),
    ])
  func names(uri: String, role: LinkRole?) {
    #expect(LinkRole(uri: uri) == role)
    if let role { #expect(role.uri == uri) }
  }

  @Test("a join token survives being copied with spaces, and no other change")
  func token() throws {
    let anchor = try #require(Digest32([UInt8](repeating: 9, count: 32)))
    let token = JoinToken(terminal: TerminalID(300), anchor: anchor)
    #expect(try JoinToken(token.text) == token)
    #expect(try JoinToken(" \(token.text.prefix(30))\n  \(token.text.dropFirst(30)) ") == token)
    let characters = Array(token.text)
    for index in characters.indices {
      var changed = characters
      changed[index] = changed[index] == "A" ? "B" : "A"
      // The last character of base64 has bits that say nothing.
      guard index < characters.count - 1 else { continue }
      #expect(throws: LinkSecurityError.self, "character \(index)") {
        try JoinToken(String(changed))
      }
    }
  }
}
