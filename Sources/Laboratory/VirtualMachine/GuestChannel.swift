import Foundation
import Synchronization

/// The guest's end of the channel to its host.
final class GuestChannel: Sendable {
  private let descriptor: Int32
  /// A message is not mixed with another.
  private let messages = Mutex(())
  /// One order at a time.
  private let orders = Mutex(())

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
    messages.withLock { _ in
      var rest = (Array(bytes) + [UInt8(ascii: "\n")])[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
      }
    }
  }

  /// Has the host do something, and waits until it is done.
  func order(_ order: HostOrder) throws {
    let line = orders.withLock { _ in
      say(.order(order))
      var line: [UInt8] = []
      var byte: UInt8 = 0
      while read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
      return line
    }
    if let reason = try JSONDecoder().decode(HostReply.self, from: Data(line)).reason {
      throw LaboratoryError.program("the host: \(reason)")
    }
  }
}
