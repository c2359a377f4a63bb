package import USBTransport

/// The class-specific control requests of a CCID interface. Source: libccid's `ccid_usb.c`.
package enum CCIDRequest: Equatable, Sendable {
  /// The answer is an array of little-endian 4-byte kHz.
  case getClockFrequencies
  /// The answer is an array of little-endian 4-byte bit/s.
  case getDataRates
  /// Must be paired with ``CCIDCommand/abort`` of the same sequence. UNVERIFIED: from memory of
  /// CCID 1.1, 5.3.1; the driver does not use it, it resets the reader.
  case abort(slot: UInt8, sequence: UInt8)

  /// - Parameter length: How many bytes of answer are asked for; ignored by `abort`.
  package func setup(interface: UInt8, length: UInt16) -> USBSetup {
    let index = UInt16(interface)
    switch self {
    case .getClockFrequencies:
      return USBSetup(reading: length, requestType: 0xA1, request: 0x02, value: 0, index: index)
    case .getDataRates:
      return USBSetup(reading: length, requestType: 0xA1, request: 0x03, value: 0, index: index)
    case .abort(let slot, let sequence):
      let value = UInt16(sequence) << 8 | UInt16(slot)
      return USBSetup(requestType: 0x21, request: 0x01, value: value, index: index)
    }
  }

  /// The numbers in the answer to the first two. A rest of fewer than 4 bytes is ignored.
  package static func numbers(_ bytes: [UInt8]) -> [UInt32] {
    stride(from: 0, to: bytes.count - bytes.count % 4, by: 4).map { offset in
      bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
  }
}
