package import CanteenModel
import Crypto

import struct Foundation.Data

/// What a signature is over, so that one kind of message can never pass for another.
package enum SignedKind: String, Sendable {
  case batch
  case ack
  case feed
  case feedRequest = "feed-request"
  case rulebook
  case holdRequest = "hold-request"
  case hold
  case refundRequest = "refund-request"
  case refund
  case enrol
  case renew
  case keyHandover = "key-handover"
  case keyPossession = "key-possession"
  case statement
  case certificate
  case head

  /// Stands before the body in every signature.
  fileprivate var prefix: [UInt8] { Array("canteen.v1.\(rawValue)".utf8) + [0] }
}

/// A private Ed25519 key (RFC 8032). It never leaves the process but through ``rawBytes``.
package struct SigningKey: Sendable {
  private let key: Curve25519.Signing.PrivateKey
  /// The seed of the first key of the line in which this one followed, 32 bytes; ``rawBytes`` where none went
  /// before. What is tagged with it stays readable when the key is rotated.
  package let lineSeed: [UInt8]

  /// A new key from the system's random number generator.
  package init() {
    key = Curve25519.Signing.PrivateKey()
    lineSeed = Array(key.rawRepresentation)
  }

  /// A new key that takes the place of another one.
  package init(succeeding previous: SigningKey) {
    key = Curve25519.Signing.PrivateKey()
    lineSeed = previous.lineSeed
  }

  /// - Parameters:
  ///   - rawBytes: The seed, 32 bytes.
  ///   - lineSeed: That of the first key of the line, 32 bytes.
  package init(rawBytes: [UInt8], lineSeed: [UInt8]) throws(WireError) {
    guard lineSeed.count == Self.seedLength else { throw .malformed("private key: 32 bytes") }
    do {
      key = try Curve25519.Signing.PrivateKey(rawRepresentation: rawBytes)
    } catch {
      throw .malformed("private key: 32 bytes")
    }
    self.lineSeed = lineSeed
  }

  private static let seedLength = 32

  /// - Parameter rawBytes: The seed, 32 bytes.
  package init(rawBytes: [UInt8]) throws(WireError) {
    try self.init(rawBytes: rawBytes, lineSeed: rawBytes)
  }

  /// The seed, 32 bytes. Only for the file that holds the key.
  package var rawBytes: [UInt8] { Array(key.rawRepresentation) }

  package var publicKey: VerifyingKey { VerifyingKey(key.publicKey) }

  /// Any bytes, signed as a kind of message: what whoever holds the key could send, and no codec would.
  package func signedMessage(_ body: [UInt8], as kind: SignedKind) throws(WireError) -> [UInt8] {
    try serialized(try sign(body, as: kind))
  }

  /// The signature over a body as a kind of message: 64 bytes.
  func signature(over body: [UInt8], as kind: SignedKind) throws(WireError) -> [UInt8] {
    Array(try sign(body, as: kind).signature)
  }

  /// Signs a body as a kind of message.
  func sign(_ body: [UInt8], as kind: SignedKind) throws(WireError) -> Canteen_V1_Signed {
    var signed = Canteen_V1_Signed()
    signed.body = Data(body)
    signed.algorithm = .ed25519
    signed.keyID = Data(publicKey.keyID)
    do {
      signed.signature = try key.signature(for: kind.prefix + body)
    } catch {
      throw .unsupported("signing failed: \(error)")
    }
    return signed
  }
}

/// A public Ed25519 key.
package struct VerifyingKey: Hashable, Sendable {
  /// 32 bytes.
  package let rawBytes: [UInt8]
  /// The first 8 bytes of the SHA-256 of ``rawBytes``.
  package let keyID: [UInt8]

  fileprivate init(_ key: Curve25519.Signing.PublicKey) {
    rawBytes = Array(key.rawRepresentation)
    keyID = Array(Digest32(sha256: rawBytes).bytes.prefix(8))
  }

  /// - Parameter rawBytes: 32 bytes that are a point on the curve.
  package init(rawBytes: [UInt8]) throws(WireError) {
    do {
      self.init(try Curve25519.Signing.PublicKey(rawRepresentation: rawBytes))
    } catch {
      throw .malformed("public key: 32 bytes")
    }
  }

  /// As whoever does not compute with it keeps it.
  package var digest: Digest32 {
    guard let value = Digest32(rawBytes) else { preconditionFailure("a public key has 32 bytes") }
    return value
  }

  /// Whether a signature over a body is this key's.
  func signed(_ body: [UInt8], as kind: SignedKind, signature: [UInt8]) -> Bool {
    var signed = Canteen_V1_Signed()
    signed.body = Data(body)
    signed.algorithm = .ed25519
    signed.keyID = Data(keyID)
    signed.signature = Data(signature)
    // try?: why it is not, nobody asks.
    return (try? open(signed, as: kind)) != nil
  }

  /// The signed body, once the signature was found to be this key's.
  func open(_ signed: Canteen_V1_Signed, as kind: SignedKind) throws(WireError) -> [UInt8] {
    guard signed.algorithm == .ed25519 else { throw .unsupported("algorithm") }
    let body = Array(signed.body)
    let isGenuine: Bool
    do {
      let key = try Curve25519.Signing.PublicKey(rawRepresentation: rawBytes)
      isGenuine = key.isValidSignature(signed.signature, for: kind.prefix + body)
    } catch {
      throw .malformed("public key: 32 bytes")
    }
    #if SEEDED_BUGS
      if SeededRuleBug.planted == .signatureIsNotChecked { return body }
    #endif
    guard isGenuine, Array(signed.keyID) == keyID else { throw .badSignature }
    return body
  }
}
