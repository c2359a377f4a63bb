/// The terminal's records behind this one are signed with another key.
///
/// The record proves itself, wherever it is found: the key before hands over at this place of the chain, and
/// the new one shows that whoever made the record has it.
package struct KeyRotated: Hashable, Sendable {
  /// The public key that signs up to and including this record, and the one behind it (Ed25519).
  package let previous: Digest32
  package let next: Digest32
  /// The signature of the key before, 64 bytes.
  package let handover: [UInt8]
  /// The signature of the new key, 64 bytes.
  package let possession: [UInt8]

  package init(previous: Digest32, next: Digest32, handover: [UInt8], possession: [UInt8]) {
    self.previous = previous
    self.next = next
    self.handover = handover
    self.possession = possession
  }
}
