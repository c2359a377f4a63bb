import Foundation

/// The guest's end of the channel to its host.
final class GuestChannel: Sendable {
  private let descriptor: Int32

  /// - Throws: ``LaboratoryError/program(_:)`` outside a guest.
  init() throws(LaboratoryError) {
    descriptor = open("/dev/virtio-ports/canteen", O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .program("this is not the guest of make vm-test: errno \(errno)")
    }
  }

  func say(_ message: GuestMessage) {
    // try?: words and numbers always encode.
    guard let bytes = try? JSONEncoder().encode(message) else { return }
    var rest = (Array(bytes) + [UInt8(ascii: "\n")])[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// Has the host do something, and waits until it is done.
  func order(_ order: HostOrder) throws {
    say(.order(order))
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
    if let reason = try JSONDecoder().decode(HostReply.self, from: Data(line)).reason {
      throw LaboratoryError.program("the host: \(reason)")
    }
  }
}
