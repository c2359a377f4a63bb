/// The messages of USB/IP, all numbers big-endian. Source: Linux, Documentation/usb/usbip_protocol.rst.
enum USBIPMessage {
  /// The TCP port that the tools ask without being told.
  static let port: UInt16 = 3240
  private static let version: UInt16 = 0x0111
  /// The header of every message about transfers.
  static let headerLength = 48
  /// A transfer's flag: a packet of no bytes follows it.
  private static let zeroPacket: UInt32 = 0x40
  /// Nobody asks for more at once. Source: Linux, a transfer of usbfs has at most so many bytes.
  static let longestTransfer: UInt32 = 16 << 20

  /// What a client asks before it has a device.
  enum Request: Equatable {
    case list
    /// The device with this bus id, such as `1-1`.
    case attach(String)
  }

  /// What the kernel of a client sends about an attached device.
  enum Command: Equatable {
    case submit(Submit)
    case unlink(number: UInt32, victim: UInt32)
  }

  struct Submit: Equatable {
    let number: UInt32
    let isIn: Bool
    let endpoint: UInt8
    let endsWithZeroPacket: Bool
    let length: UInt32
    let setup: [UInt8]

    /// Bytes that follow the header.
    var payloadLength: Int { isIn ? 0 : Int(length) }
  }

  /// Bytes of the first part of a request.
  static let requestLength = 8

  /// - Returns: How many bytes follow, and the request that they make; `nil` for another version or request.
  static func request(_ head: [UInt8]) -> (rest: Int, parse: ([UInt8]) -> Request)? {
    guard head.count == requestLength, number16(head, 0) == version else { return nil }
    switch number16(head, 2) {
    case 0x8005: return (0, { _ in .list })
    case 0x8003:
      return (
        32, { .attach(String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)) }
      )
    default: return nil
    }
  }

  /// - Returns: `nil` for what is no message of the protocol.
  static func command(_ header: [UInt8]) -> Command? {
    guard header.count == headerLength else { return nil }
    let number = number32(header, 4)
    switch number32(header, 0) {
    case 1:
      let length = number32(header, 24)
      guard length <= longestTransfer else { return nil }
      return .submit(
        Submit(
          number: number, isIn: number32(header, 12) == 1,
          endpoint: UInt8(truncatingIfNeeded: number32(header, 16) & 0x0F),
          endsWithZeroPacket: number32(header, 20) & zeroPacket != 0, length: length,
          setup: Array(header[40..<48])))
    case 2: return .unlink(number: number, victim: number32(header, 20))
    default: return nil
    }
  }

  /// A transfer has ended.
  static func ended(_ number: UInt32, _ ending: TransferDesk.Ending) -> [UInt8] {
    var message = bytes(3, number, 0, 0, 0, UInt32(bitPattern: ending.status), UInt32(ending.moved))
    message += [UInt8](repeating: 0, count: headerLength - message.count)
    return message + ending.received
  }

  /// A transfer was taken back; 0 when it had ended already.
  static func unlinked(_ number: UInt32, status: Int32) -> [UInt8] {
    let message = bytes(4, number, 0, 0, 0, UInt32(bitPattern: status))
    return message + [UInt8](repeating: 0, count: headerLength - message.count)
  }

  /// What is plugged in.
  static func list(_ devices: [USBIPDescription]) -> [UInt8] {
    bytes(UInt32(version) << 16 | 0x0005, 0, UInt32(devices.count))
      + devices.flatMap { $0.bytes + $0.interfaces.flatMap { $0 + [0] } }
  }

  /// Whether a device was attached.
  static func attached(_ device: USBIPDescription?) -> [UInt8] {
    bytes(UInt32(version) << 16 | 0x0003, device == nil ? 1 : 0) + (device?.bytes ?? [])
  }

  private static func number16(_ bytes: [UInt8], _ offset: Int) -> UInt16 {
    UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
  }

  private static func number32(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    UInt32(number16(bytes, offset)) << 16 | UInt32(number16(bytes, offset + 2))
  }

  private static func bytes(_ numbers: UInt32...) -> [UInt8] {
    numbers.flatMap { number in
      (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
    }
  }
}

/// A device as USB/IP tells of it.
struct USBIPDescription: Equatable {
  /// Such as `1-2`.
  let busID: String
  let bus: UInt8
  let address: UInt8
  let deviceDescriptor: [UInt8]
  let configurationDescriptor: [UInt8]

  /// Class, subclass and protocol of each.
  var interfaces: [[UInt8]] {
    var numbers: Set<UInt8> = []
    // Alternate settings of one interface count once.
    return DescriptorWalk(configurationDescriptor).filter {
      $0[1] == 0x04 && $0.count == 9 && numbers.insert($0[2]).inserted
    }.map { Array($0[5..<8]) }
  }

  /// Full speed, or high where a bulk endpoint has longer packets than full speed allows.
  private var speed: UInt8 {
    let isHigh = DescriptorWalk(configurationDescriptor).contains {
      $0[1] == 0x05 && $0.count >= 7 && $0[3] & 0x03 == 0x02 && $0[5] >= 0x02
    }
    return isHigh ? 3 : 2
  }

  var bytes: [UInt8] {
    let device = deviceDescriptor
    return Self.padded("/sys/devices/canteen/usb\(bus)/\(busID)", to: 256)
      + Self.padded(busID, to: 32)
      + [0, 0, 0, bus, 0, 0, 0, address, 0, 0, 0, speed]
      + [device[9], device[8], device[11], device[10], device[13], device[12]]
      + device[4...6] + [configurationDescriptor[5], device[17], UInt8(interfaces.count)]
  }

  private static func padded(_ text: String, to length: Int) -> [UInt8] {
    let bytes = Array(text.utf8.prefix(length - 1))
    return bytes + [UInt8](repeating: 0, count: length - bytes.count)
  }
}
