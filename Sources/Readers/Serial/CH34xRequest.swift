import USBTransport

/// Control transfers of WCH's CH340 and CH341. Source: Linux `drivers/usb/serial/ch341.c`.
enum CH34xRequest {
  /// 48 MHz divided by 4096 × 256, and by 8 × 2.
  static let bauds = 46...3_000_000
  private static let clock = 48_000_000

  /// Answered with 2 bytes: the chip's version, and one that is not used.
  static let readVersion = USBSetup(
    reading: 2, requestType: 0xC0, request: 0x5F, value: 0, index: 0)
  static let initialise = USBSetup(requestType: 0x40, request: 0xA1, value: 0, index: 0)
  /// Receiver and transmitter on, 8N1. Chips before version `30` have other registers, and 8N1 already.
  static let setLine = USBSetup(requestType: 0x40, request: 0x9A, value: 0x2518, index: 0x00C3)
  static let firstVersionWithLine: UInt8 = 0x30
  /// DTR and RTS up. The bits are inverted.
  static let raiseLines = USBSetup(requestType: 0x40, request: 0xA4, value: 0xFF9F, index: 0)

  /// - Parameter version: Of the chip. Bit 7 lets it send bytes at once in place of whole packets; on
  ///   version `27` and before it does the contrary.
  /// - Precondition: The rate is one of ``bauds``.
  static func setBaud(_ baud: Int, version: UInt8) -> USBSetup {
    USBSetup(
      requestType: 0x40, request: 0x9A, value: 0x1312,
      index: divisor(baud) | (version > 0x27 ? 0x80 : 0))
  }

  /// The words of the two registers: 256 - divisor above, then which clocks are divided how.
  static func divisor(_ baud: Int) -> UInt16 {
    precondition(bauds.contains(baud), "a rate that a CH340 cannot make")
    func clockDivider(_ prescaler: Int, _ factor: Int) -> Int { 1 << (12 - 3 * prescaler - factor) }
    var prescaler = 3
    while prescaler > 0, baud <= clock / (clockDivider(prescaler, 1) * 512) { prescaler -= 1 }
    var factor = 1
    var divider = clockDivider(prescaler, 1)
    var count = clock / (divider * baud)
    if !(9...255).contains(count) {
      count /= 2
      divider *= 2
      factor = 0
    }
    // The neighbour, where the rate is nearer to it; 16 times as much, against rounding.
    let above = 16 * clock / (divider * count) - 16 * baud
    let below = 16 * baud - 16 * clock / (divider * (count + 1))
    if above >= below { count += 1 }
    // The slower clock where both can: the receiver then forgives more.
    if factor == 1, count.isMultiple(of: 2) {
      count /= 2
      factor = 0
    }
    return UInt16((0x100 - count) << 8 | factor << 2 | prescaler)
  }
}
