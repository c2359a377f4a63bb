import Foundation

package import struct CanteenModel.Digest32

/// Statements to bytes and back. What is signed is the canonical JSON; the file is the contract's `Signed` message.
package enum StatementCodec {
  /// No statement is longer: 64 MiB.
  static let bytesLimit = 64 * 1024 * 1024

  /// The canonical bytes of a statement.
  ///
  /// - Throws: ``WireError/malformed(_:)``, ``WireError/tooLarge(_:)``.
  package static func encode(_ document: StatementDocument) throws(WireError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let bytes: Data
    do {
      bytes = try encoder.encode(document)
    } catch {
      throw .malformed("statement: \(error)")
    }
    guard bytes.count <= bytesLimit else { throw .tooLarge("statement") }
    return Array(bytes)
  }

  /// - Throws: ``WireError/malformed(_:)``, also for bytes that are not canonical;
  ///   ``WireError/unsupported(_:)`` for another format.
  package static func decode(_ bytes: [UInt8]) throws(WireError) -> StatementDocument {
    let document: StatementDocument
    do {
      document = try JSONDecoder().decode(StatementDocument.self, from: Data(bytes))
    } catch {
      throw .malformed("statement: \(error)")
    }
    guard document.format == StatementDocument.format else {
      throw .unsupported("statement.format \(document.format)")
    }
    guard try encode(document) == bytes else { throw .malformed("statement: not canonical") }
    return document
  }

  /// What two people agree on: the SHA-256 of the canonical bytes.
  package static func digest(of bytes: [UInt8]) -> Digest32 { Digest32(sha256: bytes) }

  /// The canonical bytes with the centre's signature.
  package static func sign(_ bytes: [UInt8], key: SigningKey) throws(WireError) -> [UInt8] {
    try key.signedMessage(bytes, as: .statement)
  }

  /// Verifies the signature of what ``sign(_:key:)`` made, and reads it.
  ///
  /// - Throws: ``WireError/badSignature``; as ``decode(_:)``.
  package static func open(
    _ file: [UInt8], key: VerifyingKey
  ) throws(WireError) -> StatementDocument {
    let signed: Canteen_V1_Signed = try parsed(file, limit: bytesLimit + 1024, "statement")
    return try decode(try key.open(signed, as: .statement))
  }
}
