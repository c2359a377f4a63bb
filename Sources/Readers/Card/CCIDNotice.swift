/// What a CCID reader says unasked, on its interrupt endpoint.
package enum CCIDNotice: Equatable, Sendable {
  /// What a notice says about one slot.
  package struct SlotChange: Equatable, Sendable {
    /// A card is present now.
    package let isPresent: Bool
    /// It came or went since the last notice.
    package let hasChanged: Bool
  }

  /// RDR_to_PC_NotifySlotChange: one entry a slot, in order; four slots a byte.
  case slotChange([SlotChange])
  /// RDR_to_PC_HardwareError. The layout is UNVERIFIED: no first-hand text was read.
  case hardwareError(slot: UInt8, sequence: UInt8, code: UInt8)

  /// - Returns: `nil` for an unknown type or missing bytes: a notice is a hint, never an error.
  package init?(_ bytes: [UInt8]) {
    switch bytes.first {
    case 0x50 where bytes.count >= 2:
      self = .slotChange(
        bytes.dropFirst().flatMap { byte in
          (0..<4).map { slot in
            let bits = byte >> (2 * slot)
            return SlotChange(isPresent: bits & 0b01 != 0, hasChanged: bits & 0b10 != 0)
          }
        })
    case 0x51 where bytes.count >= 4:
      self = .hardwareError(slot: bytes[1], sequence: bytes[2], code: bytes[3])
    default: return nil
    }
  }

  /// What it says about one slot; `nil` for another kind of notice or a slot beyond it.
  package func change(ofSlot slot: Int) -> SlotChange? {
    guard case .slotChange(let slots) = self, slots.indices.contains(slot) else { return nil }
    return slots[slot]
  }
}
