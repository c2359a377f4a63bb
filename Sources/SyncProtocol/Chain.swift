package import CanteenModel
import Crypto

/// The hash chain over a terminal's records.
///
/// `head(n) = SHA-256(0x01 | terminal u32 | epoch u32 | sequence u64 | head(n-1) | length u32 | bytes)`,
/// integers big-endian; `head(0)` is 32 zeros. The head after a record is the record's identity.
package enum Chain {
  /// The head after a record.
  ///
  /// - Precondition: The record has fewer than 2^32 bytes.
  package static func head(
    after previous: Digest32, record: [UInt8], terminal: TerminalID, position: JournalPosition
  ) -> Digest32 {
    var preimage: [UInt8] = []
    preimage.reserveCapacity(53 + record.count)
    preimage.append(0x01)
    preimage.append(bigEndian: terminal.number)
    preimage.append(bigEndian: position.epoch.number)
    #if SEEDED_BUGS
      let bug = SeededRuleBug.planted
      let place = bug == .headWithoutSequence ? 0 : position.sequence.number
      let previous = bug == .headWithoutPrevious ? Digest32.zero : previous
    #else
      let place = position.sequence.number
    #endif
    preimage.append(bigEndian: place)
    preimage.append(contentsOf: previous.bytes)
    preimage.append(bigEndian: UInt32(record.count))
    preimage.append(contentsOf: record)
    return Digest32(sha256: preimage)
  }

  /// The head after each of some records that follow one another.
  ///
  /// - Parameter first: The sequence of the first record.
  package static func heads(
    after previous: Digest32, records: [[UInt8]], terminal: TerminalID, epoch: Epoch,
    first: SequenceNumber
  ) -> [Digest32] {
    var head = previous
    var sequence = first
    return records.map { record in
      head = Chain.head(
        after: head, record: record, terminal: terminal,
        position: JournalPosition(epoch: epoch, sequence: sequence))
      sequence = sequence.next
      return head
    }
  }
}

extension Digest32 {
  /// The SHA-256 of some bytes.
  package init(sha256 bytes: some Collection<UInt8>) {
    let digest = SHA256.hash(data: Array(bytes))
    guard let value = Digest32(digest.withUnsafeBytes { Array($0) }) else {
      preconditionFailure("SHA-256 has 32 bytes")
    }
    self = value
  }

  /// 32 bytes from the system's random number generator, for nonces and challenges.
  package static func random() -> Digest32 {
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    guard let value = Digest32(bytes) else { preconditionFailure("32 bytes were made") }
    return value
  }
}

extension [UInt8] {
  mutating func append<Integer: FixedWidthInteger>(bigEndian integer: Integer) {
    for shift in stride(from: Integer.bitWidth - 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: integer >> Integer(shift)))
    }
  }
}
