import Crypto
import CryptoExtras
import Foundation

/// What is kept of a password: scrypt (RFC 7914) with a salt of its own, and what it cost to make, so that the cost can
/// rise while old ones stay good.
///
/// scrypt and not PBKDF2, because it costs whoever guesses memory, too; both are in swift-crypto's BoringSSL.
package struct PasswordHash: Hashable, Sendable {
  /// What one guess costs.
  package struct Cost: Hashable, Sendable {
    /// The work, as a power of two: 1...20.
    let log2N: Int
    /// A block of 128 bytes times this: 1...16.
    let blockSize: Int
    /// 1...16.
    let parallelism: Int

    /// 32 MiB and some tenths of a second (OWASP, Password Storage Cheat Sheet: N 2^15, r 8, p 3).
    package static let standard = Cost(log2N: 15, blockSize: 8, parallelism: 3)
    /// For tests, which sign in a thousand times.
    package static let low = Cost(log2N: 4, blockSize: 8, parallelism: 1)
  }

  private let cost: Cost
  private let salt: [UInt8]
  private let key: [UInt8]

  private static let saltLength = 16
  private static let keyLength = 32

  /// In characters: what NIST SP 800-63B asks of a password that stands beside a second factor is 8.
  package static let shortest = 12
  /// In bytes of UTF-8.
  package static let longest = 256

  /// What is kept of a new password.
  ///
  /// - Throws: ``LinkSecurityError/malformed(_:)`` for one that is too short or too long; it says so.
  package init(of password: String, cost: Cost = .standard) throws(LinkSecurityError) {
    guard password.count >= Self.shortest, password.utf8.count <= Self.longest else {
      throw .malformed(
        "a password has \(Self.shortest) characters or more, and \(Self.longest) bytes at most")
    }
    self.cost = cost
    var generator = SystemRandomNumberGenerator()
    salt = (0..<Self.saltLength).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    key = try Self.derived(password, salt, cost)
  }

  /// Whether a password is the one. It takes as long when it is not.
  package func matches(_ password: String) -> Bool {
    guard password.utf8.count <= Self.longest else { return false }
    do {
      let other = try Self.derived(password, salt, cost)
      // The comparison of the library takes the same time wherever the difference is.
      return SymmetricKey(data: key) == SymmetricKey(data: other)
    } catch {
      return false
    }
  }

  /// `scrypt$15$8$3$SALT$KEY`, in Base64: only for the table that holds it.
  package var text: String {
    "scrypt$\(cost.log2N)$\(cost.blockSize)$\(cost.parallelism)$"
      + Data(salt).base64EncodedString() + "$" + Data(key).base64EncodedString()
  }

  /// Reads ``text``.
  ///
  /// - Throws: ``LinkSecurityError/malformed(_:)``, also for a cost that would stop this machine.
  package init(text: String) throws(LinkSecurityError) {
    let parts = text.split(separator: "$", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 6, parts[0] == "scrypt", let log2N = Int(parts[1]),
      (1...20).contains(log2N), let blockSize = Int(parts[2]), (1...16).contains(blockSize),
      let parallelism = Int(parts[3]), (1...16).contains(parallelism),
      let salt = Data(base64Encoded: parts[4]), let key = Data(base64Encoded: parts[5]),
      key.count == Self.keyLength
    else { throw .malformed("password hash") }
    cost = Cost(log2N: log2N, blockSize: blockSize, parallelism: parallelism)
    self.salt = Array(salt)
    self.key = Array(key)
  }

  private static func derived(
    _ password: String, _ salt: [UInt8], _ cost: Cost
  ) throws(LinkSecurityError) -> [UInt8] {
    do {
      let key = try KDF.Scrypt.deriveKey(
        from: Array(password.precomposedStringWithCompatibilityMapping.utf8), salt: salt,
        outputByteCount: keyLength, rounds: 1 << cost.log2N, blockSize: cost.blockSize,
        parallelism: cost.parallelism)
      return key.withUnsafeBytes { Array($0) }
    } catch {
      throw .malformed("password hash: \(error)")
    }
  }
}
