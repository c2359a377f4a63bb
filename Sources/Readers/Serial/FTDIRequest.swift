import USBTransport

/// One port of an FTDI bridge.
struct FTDIPort: Equatable, Sendable {
  /// How the chip divides its clock.
  enum Clock: Equatable, Sendable {
    /// FT232B, FT232R, FT2232C, FT-X: 3 MHz.
    case full
    /// FT2232H, FT4232H, FT232H: 12 MHz.
    case high
  }

  let clock: Clock
  /// From 1 on; 0 for a chip with one port only.
  let number: UInt8
  /// The high part of the divisor shares its word with the port.
  let isMultiPort: Bool

  /// - Parameters:
  ///   - release: bcdDevice, which tells the chips apart: `0600` FT232R, `1000` FT-X and so on.
  ///   - interface: Which of the chip's ports.
  init(release: UInt16, interface: UInt8) {
    let port = interface &+ 1
    (clock, number, isMultiPort) =
      switch release >> 8 {
      case 0x05: (.full, port, true)
      case 0x07, 0x08: (.high, port, true)
      case 0x09: (.high, 0, true)
      default: (.full, 0, false)
      }
  }
}

/// Control transfers of FTDI's bridges, and their framing. Source: Linux `drivers/usb/serial/ftdi_sio.h`
/// and `ftdi_sio.c`.
package enum FTDIRequest {
  /// Modem and line status, at the head of every packet.
  static let statusSize = 2
  /// Where nobody waits for the next byte: the longest that one byte can say.
  static let idleLatency: UInt8 = 255
  /// Where somebody does.
  static let eagerLatency: UInt8 = 8
  /// A rate that is this near is near enough for 10 bits in a row: 3 %.
  private static let tolerance = 33

  static func reset(_ port: FTDIPort) -> USBSetup { request(0x00, 0, port) }
  static func purgeReceived(_ port: FTDIPort) -> USBSetup { request(0x00, 1, port) }
  static func purgeSent(_ port: FTDIPort) -> USBSetup { request(0x00, 2, port) }
  /// 8N1.
  static func setLine(_ port: FTDIPort) -> USBSetup { request(0x04, 0x0008, port) }
  static func setNoFlow(_ port: FTDIPort) -> USBSetup { request(0x02, 0, port) }
  static func raiseDTR(_ port: FTDIPort) -> USBSetup { request(0x01, 0x0101, port) }
  static func raiseRTS(_ port: FTDIPort) -> USBSetup { request(0x01, 0x0202, port) }

  /// After so many milliseconds the chip sends what it has, be it nothing.
  static func setLatency(_ milliseconds: UInt8, _ port: FTDIPort) -> USBSetup {
    request(0x09, UInt16(milliseconds), port)
  }

  /// Bytes are sent at once when this one has come.
  static func setEventByte(_ byte: UInt8?, _ port: FTDIPort) -> USBSetup {
    request(0x06, byte.map { 0x0100 | UInt16($0) } ?? 0, port)
  }

  /// - Returns: `nil` for a rate that the chip cannot make.
  static func setBaud(_ baud: Int, _ port: FTDIPort) -> USBSetup? {
    guard let divisor = divisor(baud, port.clock) else { return nil }
    let high = UInt16(divisor >> 16)
    return USBSetup(
      requestType: 0x40, request: 0x03, value: UInt16(divisor & 0xFFFF),
      index: port.isMultiPort ? high << 8 | UInt16(port.number) : high)
  }

  /// 14 bits of whole part, 3 of eighths in an order of its own, and bit 17 for the high clock.
  static func divisor(_ baud: Int, _ clock: FTDIPort.Clock) -> UInt32? {
    guard baud > 0 else { return nil }
    // Below this the high clock's divisor does not fit; the chip has the other, too.
    let isHigh = clock == .high && baud >= 1200
    let eighths = isHigh ? 96_000_000 : 24_000_000
    let count = (eighths + baud / 2) / baud
    // Between 1 and 2 there are the halves only.
    guard count >= 8, count >> 3 <= 0x3FFF, count >= 16 || count.isMultiple(of: 4) else {
      return nil
    }
    guard abs(eighths - count * baud) * tolerance <= eighths else { return nil }
    let codes: [UInt32] = [0, 3, 2, 4, 1, 5, 6, 7]
    let word = UInt32(count >> 3) | codes[count & 7] << 14
    let special: [UInt32: UInt32] = [1: 0, 0x4001: 1]
    return (special[word] ?? word) | (isHigh ? 0x0002_0000 : 0)
  }

  /// A transfer without the status at the head of each of its packets.
  package static func payload(of transfer: [UInt8], packetSize: Int) -> [UInt8] {
    stride(from: 0, to: transfer.count, by: max(1, packetSize)).flatMap {
      transfer[$0..<min($0 + packetSize, transfer.count)].dropFirst(statusSize)
    }
  }

  private static func request(_ number: UInt8, _ value: UInt16, _ port: FTDIPort) -> USBSetup {
    USBSetup(requestType: 0x40, request: number, value: value, index: UInt16(port.number))
  }
}
