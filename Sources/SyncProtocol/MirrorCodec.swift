package import CanteenModel
import Crypto
import SwiftProtobuf

import struct Foundation.Data

/// An entry of a terminal's mirror.
package enum MirrorEntry: Hashable, Sendable {
  /// Records follow behind this place; the head there.
  case beginning(JournalPosition, head: Digest32)
  /// A record as stored.
  case record(JournalPosition, [UInt8])
  case acknowledged(MirroredAck)
}

/// What the centre last acknowledged, as the ledger keeps it.
package struct MirroredAck: Hashable, Sendable {
  package let position: JournalPosition
  package let head: Digest32
  package let nonce: Digest32
  /// The centre's Unix time of the ack in milliseconds.
  package let timeMilliseconds: Int64
  /// 0...500.
  package let nextSize: Int
  package let nextEpoch: Epoch
  package let epochToken: Digest32

  package init(
    position: JournalPosition, head: Digest32, nonce: Digest32, timeMilliseconds: Int64,
    nextSize: Int, nextEpoch: Epoch, epochToken: Digest32
  ) {
    self.position = position
    self.head = head
    self.nonce = nonce
    self.timeMilliseconds = timeMilliseconds
    self.nextSize = nextSize
    self.nextEpoch = nextEpoch
    self.epochToken = epochToken
  }
}

/// Mirror entries to bytes and back (`mirror.proto`).
package struct MirrorCodec: Sendable {
  static let format: UInt32 = 1
  /// No entry is longer.
  package static let bytesLimit = WireLimit.bytesPerRecord + 64
  /// What stands before an entry and behind it.
  package static let lengthBytes = 4
  package static let tagBytes = 32

  private let key: SymmetricKey
  private let terminal: TerminalID

  /// - Parameter key: The terminal's own; only it can write entries that are believed, and those keys that follow it.
  package init(key: SigningKey, terminal: TerminalID) {
    self.key = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: SymmetricKey(data: key.lineSeed), info: Data("canteen.v1.mirror".utf8),
      outputByteCount: 32)
    self.terminal = terminal
  }

  /// The bytes of an entry as they stand in the file, and its tag.
  ///
  /// - Parameter tag: Of the entry before; zeros for the first.
  package func seal(
    _ entry: MirrorEntry, after tag: Digest32
  ) throws(WireError) -> (bytes: [UInt8], tag: Digest32) {
    let body = try serialized(message(entry))
    guard body.count <= Self.bytesLimit else { throw .tooLarge("mirror entry") }
    let next = self.tag(of: body, after: tag)
    let length = withUnsafeBytes(of: UInt32(body.count).bigEndian) { Array($0) }
    return (length + body + next.bytes, next)
  }

  /// Reads an entry.
  ///
  /// - Parameters:
  ///   - body: Without its length and its tag.
  ///   - stored: The tag behind it.
  /// - Throws: ``WireError/badSignature`` when the tag is another, ``WireError/malformed(_:)``.
  package func open(
    _ body: [UInt8], tag stored: Digest32, after before: Digest32
  ) throws(WireError) -> MirrorEntry {
    guard tag(of: body, after: before) == stored else { throw .badSignature }
    let message: Canteen_V1_MirrorEntry = try parsed(body, limit: Self.bytesLimit, "mirror entry")
    switch message.kind {
    case .beginning(let beginning):
      guard beginning.format == Self.format else { throw .unsupported("mirror.format") }
      guard beginning.terminal == terminal.number, let head = Digest32(beginning.head) else {
        throw .malformed("mirror.beginning")
      }
      return .beginning(Self.position(beginning.epoch, beginning.sequence), head: head)
    case .record(let record):
      return .record(Self.position(record.epoch, record.sequence), Array(record.record))
    case .ack(let ack):
      guard let head = Digest32(ack.head), let nonce = Digest32(ack.nonce),
        let token = Digest32(ack.epochToken), ack.nextSize <= WireLimit.recordsPerBatch
      else { throw .malformed("mirror.ack") }
      return .acknowledged(
        MirroredAck(
          position: Self.position(ack.epoch, ack.sequence), head: head, nonce: nonce,
          timeMilliseconds: ack.timeMs, nextSize: Int(ack.nextSize),
          nextEpoch: Epoch(ack.nextEpoch), epochToken: token))
    case nil: throw .malformed("mirror entry")
    }
  }

  private static func position(_ epoch: UInt32, _ sequence: UInt64) -> JournalPosition {
    JournalPosition(epoch: Epoch(epoch), sequence: SequenceNumber(sequence))
  }

  private func message(_ entry: MirrorEntry) -> Canteen_V1_MirrorEntry {
    .with {
      switch entry {
      case .beginning(let position, let head):
        $0.beginning = .with {
          $0.format = Self.format
          $0.terminal = terminal.number
          $0.epoch = position.epoch.number
          $0.sequence = position.sequence.number
          $0.head = Data(head.bytes)
        }
      case .record(let position, let bytes):
        $0.record = .with {
          $0.epoch = position.epoch.number
          $0.sequence = position.sequence.number
          $0.record = Data(bytes)
        }
      case .acknowledged(let ack):
        $0.ack = .with {
          $0.epoch = ack.position.epoch.number
          $0.sequence = ack.position.sequence.number
          $0.head = Data(ack.head.bytes)
          $0.nonce = Data(ack.nonce.bytes)
          $0.timeMs = ack.timeMilliseconds
          $0.nextSize = UInt32(ack.nextSize)
          $0.nextEpoch = ack.nextEpoch.number
          $0.epochToken = Data(ack.epochToken.bytes)
        }
      }
    }
  }

  private func tag(of body: [UInt8], after before: Digest32) -> Digest32 {
    let code = HMAC<SHA256>.authenticationCode(for: before.bytes + body, using: key)
    guard let tag = Digest32(Array(code)) else { preconditionFailure("HMAC-SHA256 has 32 bytes") }
    return tag
  }
}
