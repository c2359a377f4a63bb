import USBTransport

/// Control transfers of USB's own serial class. Source: Linux `include/uapi/linux/usb/cdc.h`.
enum CDCACMRequest {
  /// What four bytes can say. A device that makes its line up takes any.
  static let bauds = 1...Int(UInt32.max)

  /// - Parameter baud: Within ``bauds``.
  static func setLineCoding(baud: Int, interface: UInt8) -> USBSetup {
    USBSetup(
      writing: littleEndian(UInt32(clamping: baud)) + [0, 0, 8], requestType: 0x21, request: 0x20,
      value: 0, index: UInt16(interface))
  }

  /// DTR and RTS up: some scanners hold their codes back until then.
  static func raiseLines(interface: UInt8) -> USBSetup {
    USBSetup(requestType: 0x21, request: 0x22, value: 0x0003, index: UInt16(interface))
  }

  /// The data interface that the union descriptor of a control interface names; `nil` without one.
  static func dataInterface(of control: USBInterfaceDescriptor) -> UInt8? {
    for region in [control.extra] + control.endpoints.map(\.extra) {
      var rest = region[...]
      while let length = rest.first, length >= 2, rest.count >= length {
        let descriptor = Array(rest.prefix(Int(length)))
        if descriptor.count >= 5, descriptor[1] == 0x24, descriptor[2] == 0x06 {
          return descriptor[4]
        }
        rest = rest.dropFirst(Int(length))
      }
    }
    return nil
  }
}

/// The bytes of a number, lowest first.
func littleEndian(_ number: UInt32) -> [UInt8] {
  (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
}
