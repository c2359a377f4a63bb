/// What FunctionFS is told of a device, little-endian. Source: linux/usb/functionfs.h.
enum FunctionFSDescriptors {
  /// All descriptors of the configuration but its own, for full speed and for high.
  static func descriptors(_ configuration: [UInt8]) -> [UInt8] {
    let all = DescriptorWalk(configuration).filter { $0[1] != 0x02 }
    let full = all.flatMap { $0 }
    let high = all.flatMap(highSpeed)
    let flags: UInt32 = 1 | 2 | 64  // full speed, high speed, requests to any recipient
    let rest =
      bytes(flags) + bytes(UInt32(all.count)) + bytes(UInt32(all.count)) + full + high
    return bytes(3) + bytes(UInt32(rest.count + 8)) + rest
  }

  /// No strings.
  static let strings = bytes(2) + bytes(16) + bytes(0) + bytes(0)

  /// Bulk packets of high speed are 512 bytes long, and intervals count otherwise.
  private static func highSpeed(_ descriptor: [UInt8]) -> [UInt8] {
    guard descriptor[1] == 0x05, descriptor.count >= 7 else { return descriptor }
    var descriptor = descriptor
    if descriptor[3] & 0x03 == 0x02 { (descriptor[4], descriptor[5]) = (0x00, 0x02) }
    if descriptor[3] & 0x03 == 0x03 { descriptor[6] = 4 }
    return descriptor
  }

  private static func bytes(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  /// Something that the kernel tells the function.
  enum Event: Equatable {
    case setup([UInt8])
    /// The host has set the configuration.
    case enabled
    /// A bus reset, or the cable was pulled.
    case disabled
    case other
  }

  /// Bytes of an event.
  static let eventLength = 12

  static func event(_ bytes: [UInt8]) -> Event {
    switch bytes.count == eventLength ? bytes[8] : .max {
    case 2: .enabled
    case 3: .disabled
    case 4: .setup(Array(bytes.prefix(8)))
    default: .other
    }
  }
}
