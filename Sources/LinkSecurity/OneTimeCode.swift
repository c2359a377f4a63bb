import Crypto
import Foundation

/// The codes that an app on a phone shows beside a password: TOTP (RFC 6238) with SHA-1, 30 seconds and 6 digits,
/// because that is what the apps do, whatever an address for enrolment says.
package struct OneTimeCode: Hashable, Sendable {
  /// 20 bytes, shared with the app. Only for the table that holds it and for the enrolment.
  package let secret: [UInt8]

  /// In milliseconds.
  package static let stepLength: Int64 = 30_000
  /// A clock may be wrong, and a person slow, by so many steps.
  private static let slack: Int64 = 1
  private static let secretLength = 20
  private static let modulus: UInt32 = 1_000_000

  /// A new secret from the system's random number generator.
  package init() {
    var generator = SystemRandomNumberGenerator()
    secret = (0..<Self.secretLength).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  /// - Returns: `nil` unless there are 20 bytes.
  package init?(secret: [UInt8]) {
    guard secret.count == Self.secretLength else { return nil }
    self.secret = secret
  }

  /// Which step a typed code is of, at a moment: the one, the one before or the one behind. It is good when it is of a
  /// later one than the last that was used.
  ///
  /// - Parameter now: Unix time in milliseconds.
  /// - Returns: `nil` for a code of none of them.
  package func step(of typed: String, now: Int64) -> Int64? {
    let current = now / Self.stepLength
    var found: Int64?
    for step in current - Self.slack...current + Self.slack where code(at: step) == typed {
      found = step
    }
    return found
  }

  /// The six digits of a step (RFC 4226, section 5.3).
  package func code(at step: Int64) -> String {
    let mac = Array(
      HMAC<Insecure.SHA1>.authenticationCode(
        for: withUnsafeBytes(of: step.bigEndian) { Array($0) }, using: SymmetricKey(data: secret)))
    let offset = Int(mac[19] & 0x0F)
    let number = mac[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
    let digits = "\(number % Self.modulus)"
    return String(repeating: "0", count: 6 - digits.count) + digits
  }

  /// What an app reads as a code of squares: shown once, kept nowhere.
  ///
  /// - Parameter login: Letters, digits, dots and hyphens.
  package func enrolment(of login: String) -> String {
    "otpauth://totp/canteen:\(login)?secret=\(Base32.text(secret))&issuer=canteen"
      + "&algorithm=SHA1&digits=6&period=30"
  }
}

/// RFC 4648, section 6, without padding.
enum Base32 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")

  static func text(_ bytes: [UInt8]) -> String {
    var (text, buffer, bits) = ("", UInt32(0), 0)
    for byte in bytes {
      buffer = buffer << 8 | UInt32(byte)
      bits += 8
      while bits >= 5 {
        bits -= 5
        text.append(alphabet[Int(buffer >> UInt32(bits) & 31)])
      }
      buffer &= (1 << UInt32(bits)) - 1
    }
    if bits > 0 { text.append(alphabet[Int(buffer << UInt32(5 - bits) & 31)]) }
    return text
  }
}
