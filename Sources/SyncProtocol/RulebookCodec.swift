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

  /// - Throws: ``WireError/malformed(_:)``, also when the rulebook contradicts itself.
  package static func decode(_ bytes: [UInt8]) throws(WireError) -> Rulebook {
    let message: Canteen_V1_Rulebook = try parsed(bytes, limit: bytesLimit, "rulebook")
    return try message.model()
  }
}
