package import CanteenModel

import struct Foundation.Data

extension KeyRotated {
  fileprivate static let signatureLength = 64

  /// Hands over from one key to the next at a place of a chain.
  ///
  /// - Parameters:
  ///   - position: Where the record will stand.
  ///   - head: The head before it.
  /// - Throws: ``WireError/unsupported(_:)`` when a signature cannot be made.
  package init(
    from previous: SigningKey, to next: SigningKey, terminal: TerminalID,
    at position: JournalPosition, after head: Digest32
  ) throws(WireError) {
    let (before, behind) = (previous.publicKey.digest, next.publicKey.digest)
    let body = Self.body(before, behind, terminal, position, head)
    self.init(
      previous: before, next: behind,
      handover: try previous.signature(over: body, as: .keyHandover),
      possession: try next.signature(over: body, as: .keyPossession))
  }

  /// Whether both keys signed the record for this place.
  ///
  /// Whether the key before was the terminal's is the reader's question.
  ///
  /// - Parameter head: The head before the record.
  package func isGenuine(
    of terminal: TerminalID, at position: JournalPosition, after head: Digest32
  ) -> Bool {
    let body = Self.body(previous, next, terminal, position, head)
    let keys = [previous, next].compactMap {
      try? VerifyingKey(rawBytes: $0.bytes)  // 32 bytes that are no key have signed nothing
    }
    guard previous != next, let before = keys.first, let behind = keys.last, keys.count == 2
    else { return false }
    return before.signed(body, as: .keyHandover, signature: handover)
      && behind.signed(body, as: .keyPossession, signature: possession)
  }

  /// What both sign: integers big-endian, every field of a fixed width.
  private static func body(
    _ previous: Digest32, _ next: Digest32, _ terminal: TerminalID, _ position: JournalPosition,
    _ head: Digest32
  ) -> [UInt8] {
    var body: [UInt8] = []
    body.append(bigEndian: terminal.number)
    body.append(bigEndian: position.epoch.number)
    body.append(bigEndian: position.sequence.number)
    return body + head.bytes + previous.bytes + next.bytes
  }
}

extension Canteen_V1_KeyRotated {
  init(_ rotated: KeyRotated) {
    self.init()
    previousKey = Data(rotated.previous.bytes)
    nextKey = Data(rotated.next.bytes)
    handover = Data(rotated.handover)
    possession = Data(rotated.possession)
  }

  func model() throws(WireError) -> KeyRotated {
    guard let previous = Digest32(previousKey) else { throw .malformed("key_rotated.previous_key") }
    guard let next = Digest32(nextKey) else { throw .malformed("key_rotated.next_key") }
    guard handover.count == KeyRotated.signatureLength else {
      throw .malformed("key_rotated.handover")
    }
    guard possession.count == KeyRotated.signatureLength else {
      throw .malformed("key_rotated.possession")
    }
    return KeyRotated(
      previous: previous, next: next, handover: Array(handover), possession: Array(possession))
  }
}

/// A record that rotated a terminal's key, with what proves it: a centre whose books were restored to a time
/// before it learns from this who speaks.
package struct KeyHandover: Hashable, Sendable {
  package let position: JournalPosition
  /// The head before the record.
  package let previousHead: Digest32
  /// As stored.
  package let record: [UInt8]

  package init(position: JournalPosition, previousHead: Digest32, record: [UInt8]) {
    self.position = position
    self.previousHead = previousHead
    self.record = record
  }

  /// A batch carries no more. Books from a backup that is older than so many rotations learn nothing from it.
  package static let limit = 4

  /// What the record says.
  ///
  /// - Returns: `nil` unless it is a rotation that both keys signed for this place.
  package func genuine(of terminal: TerminalID) -> KeyRotated? {
    // try?: other bytes prove nothing.
    guard case .keyRotated(let rotated) = (try? RecordCodec.decode(record))?.body,
      rotated.isGenuine(of: terminal, at: position, after: previousHead)
    else { return nil }
    return rotated
  }
}

extension Canteen_V1_KeyHandover {
  init(_ handover: KeyHandover) {
    self.init()
    epoch = handover.position.epoch.number
    sequence = handover.position.sequence.number
    previousHead = Data(handover.previousHead.bytes)
    record = Data(handover.record)
  }

  func model() throws(WireError) -> KeyHandover {
    guard let head = Digest32(previousHead) else { throw .malformed("handover.previous_head") }
    guard sequence < UInt64(1) << 62 else { throw .malformed("handover.sequence") }
    return KeyHandover(
      position: JournalPosition(epoch: Epoch(epoch), sequence: SequenceNumber(sequence)),
      previousHead: head, record: Array(record))
  }
}
