package import CanteenModel
import Foundation
import SyncProtocol

/// What an operator of the centre gives a terminal so that it can join: who it will be, by which authority it
/// knows the centre, and a secret that is good once, for a quarter of an hour.
package struct JoinToken: Hashable, Sendable {
  package let terminal: TerminalID
  /// ``TrustAnchor/fingerprint`` of the centre's authority: who answers is checked before the secret is said.
  package let anchor: Digest32
  /// 16 random bytes.
  package let secret: [UInt8]

  /// From its making to its end.
  package static let lifeMilliseconds: Int64 = 15 * 60 * 1000
  private static let prefix = "canteen-"
  private static let secretLength = 16
  private static let digestLength = 32
  private static let checkLength = 4

  /// A token with a secret from the system's random number generator.
  package init(terminal: TerminalID, anchor: Digest32) {
    self.terminal = terminal
    self.anchor = anchor
    secret = Array(Digest32.random().bytes.prefix(Self.secretLength))
  }

  /// Reads ``text``. Spaces and line breaks around and in it do not matter.
  ///
  /// - Throws: ``LinkSecurityError/malformed(_:)``, also for one that was cut or mistyped.
  package init(_ text: String) throws(LinkSecurityError) {
    let typed = String(text.filter { !$0.isWhitespace })
    guard typed.hasPrefix(Self.prefix) else {
      throw .malformed("a join token begins with \(Self.prefix)")
    }
    let digits = typed.dropFirst(Self.prefix.count)
      .replacing("-", with: "+").replacing("_", with: "/")
    let padding = String(repeating: "=", count: (4 - digits.count % 4) % 4)
    let length = 4 + Self.digestLength + Self.secretLength
    guard let bytes = Data(base64Encoded: digits + padding).map(Array.init),
      bytes.count == length + Self.checkLength,
      Array(Digest32(sha256: Array(bytes.prefix(length))).bytes.prefix(Self.checkLength))
        == Array(bytes.suffix(Self.checkLength)),
      let anchor = Digest32(Array(bytes[4..<4 + Self.digestLength]))
    else { throw .malformed("the join token was cut or mistyped: copy it whole") }
    let number = bytes.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard number > 0 else { throw .malformed("the join token names no terminal") }
    terminal = TerminalID(number)
    self.anchor = anchor
    secret = Array(bytes[(4 + Self.digestLength)..<length])
  }

  /// `canteen-` and base64url (RFC 4648, section 5) of the terminal's number in 4 bytes, the fingerprint, the
  /// secret, and the first 4 bytes of the SHA-256 of all that.
  package var text: String {
    let content =
      withUnsafeBytes(of: terminal.number.bigEndian) { Array($0) } + anchor.bytes + secret
    let check = Digest32(sha256: content).bytes.prefix(Self.checkLength)
    return Self.prefix
      + Data(content + check).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  /// What the centre keeps of the secret.
  package var secretDigest: Digest32 { Digest32(sha256: secret) }
}
