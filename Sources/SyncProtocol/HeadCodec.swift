package import CanteenModel
import SwiftProtobuf

import struct Foundation.Data

/// The newest head of a terminal to bytes and back, signed by that terminal: whoever keeps it for the centre can
/// change nothing of it (durability-and-risk 5.5).
package enum HeadCodec {
  /// No head is longer.
  package static let bytesLimit = 256
  /// So many of other terminals fit into one batch.
  package static let limit = 16

  /// The signed bytes.
  ///
  /// - Parameter key: The terminal's own, of that place of its chain.
  package static func seal(_ head: ChainHead, key: SigningKey) throws(WireError) -> [UInt8] {
    let message = Canteen_V1_ChainHead.with {
      $0.terminal = head.terminal.number
      $0.epoch = head.position.epoch.number
      $0.sequence = head.position.sequence.number
      $0.head = Data(head.head.bytes)
    }
    return try serialized(try key.sign(try serialized(message), as: .head))
  }

  /// What is said, unverified: to know whose it is.
  ///
  /// - Throws: ``WireError/malformed(_:)``, ``WireError/tooLarge(_:)`` above ``bytesLimit``.
  package static func claim(of bytes: [UInt8]) throws(WireError) -> ChainHead {
    let signed: Canteen_V1_Signed = try parsed(bytes, limit: bytesLimit, "head")
    return try model(of: Array(signed.body))
  }

  /// What is said, once the signature was found to be this key's.
  package static func open(_ bytes: [UInt8], key: VerifyingKey) throws(WireError) -> ChainHead {
    let signed: Canteen_V1_Signed = try parsed(bytes, limit: bytesLimit, "head")
    return try model(of: try key.open(signed, as: .head))
  }

  private static func model(of body: [UInt8]) throws(WireError) -> ChainHead {
    let message: Canteen_V1_ChainHead = try parsed(body, limit: bytesLimit, "head")
    guard message.terminal > 0 else { throw .malformed("head.terminal") }
    guard message.epoch > 0 else { throw .malformed("head.epoch") }
    guard message.sequence > 0, message.sequence < UInt64(1) << 62 else {
      throw .malformed("head.sequence")
    }
    guard let head = Digest32(message.head) else { throw .malformed("head.head") }
    return ChainHead(
      terminal: TerminalID(message.terminal),
      position: JournalPosition(
        epoch: Epoch(message.epoch), sequence: SequenceNumber(message.sequence)), head: head)
  }
}
