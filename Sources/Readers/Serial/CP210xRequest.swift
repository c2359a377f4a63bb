import USBTransport

/// Control transfers of Silicon Labs' CP210x. Source: Linux `drivers/usb/serial/cp210x.c`.
enum CP210xRequest {
  /// What every chip of the family can make; newer ones go further.
  static let bauds = 300...921_600

  static func enable(interface: UInt8) -> USBSetup { request(0x00, 0x0001, interface) }

  static func setBaud(_ baud: Int, interface: UInt8) -> USBSetup {
    request(0x1E, 0, interface, littleEndian(UInt32(clamping: baud)))
  }

  /// 8N1.
  static func setLine(interface: UInt8) -> USBSetup { request(0x03, 0x0800, interface) }

  /// No flow control in either direction; DTR and RTS are up and stay it. The limits are not used then.
  static func setNoFlow(interface: UInt8) -> USBSetup {
    let (lineUp, requestUp): (UInt32, UInt32) = (0x01, 0x40)
    let limits = littleEndian(128) + littleEndian(128)
    return request(0x13, 0, interface, littleEndian(lineUp) + littleEndian(requestUp) + limits)
  }

  /// DTR and RTS up.
  static func raiseLines(interface: UInt8) -> USBSetup { request(0x07, 0x0303, interface) }

  /// Both buffers: what came before us is nobody's.
  static func purge(interface: UInt8) -> USBSetup { request(0x12, 0x000F, interface) }

  private static func request(
    _ number: UInt8, _ value: UInt16, _ interface: UInt8, _ payload: [UInt8] = []
  ) -> USBSetup {
    USBSetup(
      writing: payload, requestType: 0x41, request: number, value: value, index: UInt16(interface))
  }
}
