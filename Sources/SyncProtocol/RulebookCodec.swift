package import CanteenModel
import SwiftProtobuf

/// A rulebook to bytes and back, for the stores.
package enum RulebookCodec {
  /// No rulebook is longer.
  static let bytesLimit = 64 * 1024

  /// - Throws: ``WireError/malformed(_:)`` when the rulebook contradicts itself,
  ///   ``WireError/tooLarge(_:)`` above 64 KiB.
  package static func encode(_ rulebook: Rulebook) throws(WireError) -> [UInt8] {
    do {
      try rulebook.validate()
    } catch {
      throw .malformed("rulebook: \(error)")
    }
    let bytes = try serialized(Canteen_V1_Rulebook(rulebook))
    guard bytes.count <= bytesLimit else { throw .tooLarge("rulebook") }
    return bytes
  }

  /// The rulebook with the signature of whoever approved it, as it is kept and fed.
  ///
  /// - Throws: As ``encode(_:)``.
  package static func sign(_ rulebook: Rulebook, key: SigningKey) throws(WireError) -> [UInt8] {
    try serialized(try key.sign(try encode(rulebook), as: .rulebook))
  }

  /// Verifies the signature of what ``sign(_:key:)`` made, and reads it.
  ///
  /// - Throws: ``WireError/badSignature``; as ``decode(_:)``.
  package static func open(_ bytes: [UInt8], key: VerifyingKey) throws(WireError) -> Rulebook {
    let signed: Canteen_V1_Signed = try parsed(bytes, limit: bytesLimit + 1024, "rulebook")
    return try open(signed, key: key)
  }

  static func open(
    _ signed: Canteen_V1_Signed, key: VerifyingKey
  ) throws(WireError) -> Rulebook {
    try decode(try key.open(signed, as: .rulebook))
  }

  /// - Throws: ``WireError/malformed(_:)``, also when the rulebook contradicts itself.
  package static func decode(_ bytes: [UInt8]) throws(WireError) -> Rulebook {
    let message: Canteen_V1_Rulebook = try parsed(bytes, limit: bytesLimit, "rulebook")
    return try message.model()
  }
}
