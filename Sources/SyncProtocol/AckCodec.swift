package import CanteenModel
import SwiftProtobuf

import struct Foundation.Data

/// Acks to bytes and back. The centre keeps the bytes and answers a replay with the same ones.
package enum AckCodec {
  static let format: UInt32 = 1
  /// No ack is longer.
  static let bytesLimit = 4096

  /// The signed bytes of an ack.
  package static func seal(_ ack: AckFacts, key: SigningKey) throws(WireError) -> [UInt8] {
    var message = Canteen_V1_Ack()
    message.format = format
    message.terminal = ack.terminal.number
    message.epoch = ack.position.epoch.number
    message.ackedSequence = ack.position.sequence.number
    #if SEEDED_BUGS
      if SeededRuleBug.planted == .ackNamesOneMore { message.ackedSequence += 1 }
    #endif
    message.ackedHead = Data(ack.head.bytes)
    message.nonce = Data(ack.nonce.bytes)
    message.challenge = Data(ack.challenge.bytes)
    message.timeMs = ack.timeMilliseconds
    message.nextSize = UInt32(ack.nextSize)
    message.nextEpoch = ack.nextEpoch.number
    message.epochToken = Data(ack.epochToken.bytes)
    message.retired = ack.isRetired
    return try serialized(try key.sign(try serialized(message), as: .ack))
  }

  /// Verifies the signature and reads the ack.
  ///
  /// - Throws: ``WireError/badSignature``, ``WireError/malformed(_:)``, ``WireError/tooLarge(_:)``
  ///   above 4 KiB, ``WireError/unsupported(_:)``.
  package static func open(_ bytes: [UInt8], key: VerifyingKey) throws(WireError) -> AckFacts {
    let signed: Canteen_V1_Signed = try parsed(bytes, limit: bytesLimit, "ack")
    let body = try key.open(signed, as: .ack)
    let message: Canteen_V1_Ack = try parsed(body, limit: bytesLimit, "ack")
    guard message.format == format else { throw .unsupported("ack.format \(message.format)") }
    guard message.ackedSequence < UInt64(Int64.max) else { throw .malformed("ack.acked_sequence") }
    guard let head = Digest32(message.ackedHead) else { throw .malformed("ack.acked_head") }
    guard let nonce = Digest32(message.nonce) else { throw .malformed("ack.nonce") }
    guard let challenge = Digest32(message.challenge) else { throw .malformed("ack.challenge") }
    guard let token = Digest32(message.epochToken) else { throw .malformed("ack.epoch_token") }
    guard message.nextSize <= WireLimit.recordsPerBatch else { throw .malformed("ack.next_size") }
    return AckFacts(
      terminal: TerminalID(message.terminal),
      position: JournalPosition(
        epoch: Epoch(message.epoch), sequence: SequenceNumber(message.ackedSequence)),
      head: head, nonce: nonce, challenge: challenge, timeMilliseconds: message.timeMs,
      nextSize: Int(message.nextSize), nextEpoch: Epoch(message.nextEpoch), epochToken: token,
      isRetired: message.retired)
  }
}
