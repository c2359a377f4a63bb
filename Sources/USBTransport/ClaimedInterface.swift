import CLibUSB
import Dispatch
import Synchronization

/// An interface between claim and release. Transfers on different endpoints may be pending at the
/// same time, each in a task of its own; cancelling the task cancels the transfer and waits for its
/// end.
@safe
// @unchecked: the pointer is constant, libusb locks its device itself, and `revoke` checks that
// nothing uses it after the device's owner took it back.
package final class ClaimedInterface: @unchecked Sendable {
  private let device: OpaquePointer
  /// The claimed interface's number, for class requests.
  package let number: UInt8
  private let reference: USBDeviceReference
  private let use = Mutex(Use())

  private struct Use {
    var isRevoked = false
    var pendingTransfers = 0
  }

  init(number: UInt8, of device: OpaquePointer, keeping reference: USBDeviceReference) {
    self.number = number
    unsafe self.device = device
    self.reference = reference
  }

  /// Reads one transfer: it ends with a short packet, a packet of no bytes, or `length` bytes.
  ///
  /// - Parameters:
  ///   - length: At least this many bytes are asked for; rounded up to whole packets.
  ///   - timeout: `nil` waits for ever. Rounded up to whole milliseconds.
  /// - Returns: The end of the transfer and every byte that came before it.
  package func receive(
    from endpoint: USBEndpoint, length: Int, timeout: Duration?
  ) async -> USBCompletion {
    precondition(endpoint.direction == .in, "an OUT endpoint cannot be read")
    let packets = (max(1, length) + endpoint.maxPacketSize - 1) / endpoint.maxPacketSize
    let flight = Flight(receiving: packets * endpoint.maxPacketSize)
    return await fly(flight, on: endpoint, timeout: timeout)
  }

  /// Reads one transfer, without what arrived before a failure.
  package func read(
    from endpoint: USBEndpoint, length: Int, timeout: Duration?
  ) async throws(USBError) -> [UInt8] {
    let completion = await receive(from: endpoint, length: length, timeout: timeout)
    if let failure = completion.failure { throw failure }
    return completion.bytes
  }

  /// Writes one transfer.
  ///
  /// - Parameter endingWithZeroPacket: After a multiple of the packet size, a packet of no bytes
  ///   ends the transfer. Devices that wait for a short packet need it; USB adds none by itself.
  /// - Throws: ``USBError/timedOut(transferred:)`` with the count that did leave.
  package func write(
    _ bytes: [UInt8], to endpoint: USBEndpoint, timeout: Duration?,
    endingWithZeroPacket: Bool = false
  ) async throws(USBError) {
    precondition(endpoint.direction == .out, "an IN endpoint cannot be written")
    let flight = Flight(sending: bytes)
    flight.addsZeroPacket = endingWithZeroPacket
    let completion = await fly(flight, on: endpoint, timeout: timeout)
    if let failure = completion.failure { throw failure }
  }

  /// A control transfer on endpoint 0. The direction is bit 7 of `setup.requestType`.
  package func control(
    _ setup: USBSetup, timeout: Duration?
  ) async -> USBCompletion {
    let flight = Flight(setup: setup)
    return await fly(flight, on: nil, timeout: timeout)
  }

  /// Ends the halt of an endpoint and sets its data toggle back.
  ///
  /// - Precondition: No transfer is pending on the endpoint.
  package func clearHalt(of endpoint: USBEndpoint) async throws(USBError) {
    begin()
    let target = unsafe SendablePointer(pointer: device)
    let code = await withCheckedContinuation { continuation in
      USBDevice.waitingCalls.async {
        continuation.resume(
          returning: unsafe libusb_clear_halt(target.pointer, endpoint.address))
      }
    }
    end()
    try USBError.check(code)
  }

  /// Takes the interface back from its users.
  func revoke() {
    use.withLock {
      precondition($0.pendingTransfers == 0, "an interface was given back with transfers pending")
      $0.isRevoked = true
    }
  }

  private func fly(
    _ flight: Flight, on endpoint: USBEndpoint?, timeout: Duration?
  ) async -> USBCompletion {
    begin()
    unsafe flight.prepare(for: device, endpoint: endpoint, timeout: timeout)
    let completion = await flight.completion()
    end()
    return completion
  }

  private func begin() {
    use.withLock {
      precondition(!$0.isRevoked, "an interface was used after it was given back")
      $0.pendingTransfers += 1
    }
  }

  private func end() {
    use.withLock { $0.pendingTransfers -= 1 }
  }
}
