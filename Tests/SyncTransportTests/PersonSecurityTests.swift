import CanteenModel
import LinkSecurity
import Testing

@Suite struct PersonSecurityTests {
  /// RFC 6238, appendix B, SHA-1; the last six of its eight digits.
  @Test(
    "codes are those of RFC 6238",
    arguments: [
      (59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"),
      (1_234_567_890, "005924"), (2_000_000_000, "279037"), (20_000_000_000, "353130"),
    ] as [(Int64, String)])
  func published(seconds: Int64, code: String) throws {
    let secret = try #require(OneTimeCode(secret: Array("12345678901234567890".utf8)))
    #expect(secret.code(at: seconds / 30) == code)
  }

  @Test("a code is good one step early and late, and not two")
  func slack() {
    let code = OneTimeCode()
    let now: Int64 = 1_795_190_400_000
    let step = now / 30_000
    for offset in Int64(-1)...1 {
      #expect(code.step(of: code.code(at: step + offset), now: now) != nil)
    }
    // Another step's code may be the same by chance, once in a million: the steps are compared, not that there is one.
    #expect(code.step(of: code.code(at: step), now: now) == step)
    for typed in ["", "12345", "1234567", "abcdef", "００００００"] {
      #expect(code.step(of: typed, now: now) == nil)
    }
  }

  @Test("what an app reads has the secret in Base32 (RFC 4648)")
  func enrolment() throws {
    let secret = try #require(OneTimeCode(secret: Array("12345678901234567890".utf8)))
    #expect(
      secret.enrolment(of: "li.wei")
        == "otpauth://totp/canteen:li.wei?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        + "&issuer=canteen&algorithm=SHA1&digits=6&period=30")
    #expect(OneTimeCode(secret: [1, 2, 3]) == nil)
  }

  @Test("a password is known by what is kept of it, and no other is")
  func password() throws {
    let hash = try PasswordHash(of: "正确的马电池订书钉1234", cost: .low)
    #expect(hash.matches("正确的马电池订书钉1234"))
    #expect(!hash.matches("正确的马电池订书钉1235"))
    #expect(!hash.matches(""))
    #expect(try PasswordHash(text: hash.text) == hash)
    #expect(!hash.text.contains("1234567"))
    // Each has a salt of its own.
    #expect(try PasswordHash(of: "正确的马电池订书钉1234", cost: .low).text != hash.text)
  }

  /// RFC 7914, section 12: password `pleaseletmein`, salt `SodiumChloride`, N 16384, r 8, p 1; the first 32 bytes.
  @Test("the derivation is scrypt's of RFC 7914")
  func scrypt() throws {
    let hash = try PasswordHash(
      text: "scrypt$14$8$1$U29kaXVtQ2hsb3JpZGU=$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI=")
    #expect(hash.matches("pleaseletmein"))
    #expect(!hash.matches("pleaseletmeout"))
  }

  @Test("a password of eleven characters is refused, one of twelve is taken")
  func length() {
    #expect(throws: LinkSecurityError.self) {
      try PasswordHash(of: String(repeating: "a", count: 11), cost: .low)
    }
    #expect(throws: Never.self) {
      try PasswordHash(of: String(repeating: "a", count: 12), cost: .low)
    }
    #expect(throws: LinkSecurityError.self) {
      try PasswordHash(of: String(repeating: "a", count: 257), cost: .low)
    }
  }

  @Test(
    "what is no hash is none, a cost that would stop the machine included",
    arguments: ["", "scrypt$15$8$3$AA==$AA==", "scrypt$31$8$1$AA==$AAAA", "md5$1$1$1$AA==$AA=="])
  func malformed(text: String) {
    #expect(throws: LinkSecurityError.self) { try PasswordHash(text: text) }
  }

  @Test("a person's certificate names the person, and no host's certificate names anybody")
  func certificate() async throws {
    let authority = try CertificateAuthority(now: 1_795_190_400_000)
    let key = LinkKey()
    let certificate = try authority.certificate(
      for: .person("li.wei"), request: try key.certificateRequest(), now: 1_795_190_400_000)
    #expect(certificate.role == .person("li.wei"))
    #expect(try await authority.anchor.verified(certificate.der) == certificate)
    for uri in ["urn:canteen:person:", "urn:canteen:person:Li", "urn:canteen:person:li wei"] {
      #expect(LinkRole(uri: uri) == nil)
    }
    let web = try authority.webIdentity(
      hosts: ["centre.example.org", "127.0.0.1"], now: 1_795_190_400_000)
    #expect(throws: LinkSecurityError.self) { try LinkCertificate(pem: web.chainPEM) }
  }
}
