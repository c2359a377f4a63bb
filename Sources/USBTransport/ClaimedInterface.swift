import CLibUSB
import Dispatch
import Synchronization

/// An interface between claim and release.
@safe
// @unchecked: the pointer is constant, libusb locks its device itself, and `revoke` checks that
// nothing uses it after the device's owner took it back.
package final class ClaimedInterface: USBPipes, @unchecked Sendable {
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

  /// See ``USBPipes``.
  package func receive(
    from endpoint: USBEndpoint, length: Int, timeout: Duration?
  ) async -> USBCompletion {
    precondition(endpoint.direction == .in, "an OUT endpoint cannot be read")
    return await fly(receiver(of: length, from: endpoint), on: endpoint, timeout: timeout)
  }

  private func receiver(of length: Int, from endpoint: USBEndpoint) -> Flight {
    let packets = (max(1, length) + endpoint.maxPacketSize - 1) / endpoint.maxPacketSize
    return Flight(receiving: packets * endpoint.maxPacketSize)
  }

  /// See ``USBPipes``.
  package func write(
    _ bytes: [UInt8], to endpoint: USBEndpoint, timeout: Duration?, endingWithZeroPacket: Bool
  ) async throws(USBError) {
    precondition(endpoint.direction == .out, "an IN endpoint cannot be written")
    let flight = Flight(sending: bytes)
    flight.addsZeroPacket = endingWithZeroPacket
    let completion = await fly(flight, on: endpoint, timeout: timeout)
    if let failure = completion.failure { throw failure }
  }

  /// See ``USBPipes``. Both transfers are submitted at once: the answer is waited for before it can come, and
  /// the thread that awaits it is woken once.
  package func exchange(
    _ bytes: [UInt8], to outgoing: USBEndpoint, from incoming: USBEndpoint, length: Int,
    timeout: Duration?, endingWithZeroPacket: Bool
  ) async throws(USBError) -> [UInt8] {
    precondition(outgoing.direction == .out && incoming.direction == .in, "out first, then in")
    let question = Flight(sending: bytes)
    question.addsZeroPacket = endingWithZeroPacket
    let answer = receiver(of: length, from: incoming)
    question.follower = answer
    begin()
    begin()
    unsafe answer.prepare(for: device, endpoint: incoming, timeout: timeout)
    unsafe question.prepare(for: device, endpoint: outgoing, timeout: timeout)
    answer.submit()
    question.submit()
    let received = await answer.completion()
    let sent = await question.completion()
    end()
    end()
    if let failure = sent.failure ?? received.failure { throw failure }
    return received.bytes
  }

  /// See ``USBPipes``.
  package func control(_ setup: USBSetup, timeout: Duration?) async -> USBCompletion {
    let flight = Flight(setup: setup)
    return await fly(flight, on: nil, timeout: timeout)
  }

  /// See ``USBPipes``.
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
    flight.submit()
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
