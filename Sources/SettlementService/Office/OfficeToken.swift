import CanteenModel
import SyncProtocol

/// What a session is known by: 32 random bytes, of which the books keep the SHA-256.
struct OfficeToken: Sendable {
  /// 64 hexadecimal digits.
  let text: String

  /// The prefix has browsers keep it to this host, over TLS, for every path.
  static let cookie = "__Host-canteen"

  /// A new one from the system's random number generator.
  init() {
    text = Digest32.random().description
  }

  /// - Returns: `nil` unless it is 64 hexadecimal digits.
  init?(_ text: String) {
    guard let bytes = Hexadecimal.bytes(text), bytes.count == 32 else { return nil }
    self.text = text
  }

  /// What the books keep.
  var digest: Digest32 { Digest32(sha256: Array(text.utf8)) }

  /// What an unsafe request must show beside the cookie: who can read it can read the answer of this listener, and
  /// nobody else's page can.
  var csrf: String { Digest32(sha256: Array("canteen csrf \(text)".utf8)).description }

  /// The field that gives it to a browser.
  var setCookie: String {
    "\(Self.cookie)=\(text); Path=/; Secure; HttpOnly; SameSite=Strict"
  }

  /// The field that takes it away.
  static let clearCookie = "\(cookie)=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"

  /// The token among the cookies that were sent.
  static func among(cookies: String) -> OfficeToken? {
    for pair in cookies.split(separator: ";") {
      let parts = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
      if parts.count == 2, parts[0] == cookie { return OfficeToken(String(parts[1])) }
    }
    return nil
  }
}
