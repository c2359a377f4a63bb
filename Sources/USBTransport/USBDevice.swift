import CLibUSB
import Dispatch

/// An opened device: one owner, who must ``close()`` it. A device that is dropped open traps.
@safe
package struct USBDevice: ~Copyable {
  private let pointer: OpaquePointer
  private let reference: USBDeviceReference
  private var isOpen = true

  /// Calls that may wait for the device or its hub run here, off Swift's shared threads.
  static let waitingCalls = DispatchQueue(label: "canteen.usb.waiting-calls")

  init(opening reference: USBDeviceReference) throws(USBError) {
    var pointer: OpaquePointer?
    try USBError.check(unsafe libusb_open(reference.pointer, &pointer))
    guard let pointer = unsafe pointer else {
      throw .library(code: LIBUSB_ERROR_OTHER.rawValue)
    }
    unsafe self.pointer = pointer
    self.reference = reference
    // Not supported everywhere; where it is not, a bound driver shows as `busy` on claim.
    unsafe libusb_set_auto_detach_kernel_driver(pointer, 1)
  }

  deinit {
    precondition(!isOpen, "a USB device was dropped without close()")
  }

  /// Closes the device. It does not fail: an unplugged device closes like any other.
  package consuming func close() {
    unsafe libusb_close(pointer)
    isOpen = false
  }

  /// Claims an interface for the time of `body`; a kernel driver that is bound to it is detached
  /// and comes back afterwards.
  ///
  /// When `body` returns no transfer is pending: each was awaited by the child task that made it.
  ///
  /// - Throws: ``USBError/busy`` when another program holds the interface, ``USBError/deviceGone``.
  ///   `body` does not throw; it returns how it ended.
  /// - Precondition: `body` lets no pipes escape.
  package borrowing func withInterface<Result>(
    _ number: UInt8, _ body: (any USBPipes) async -> Result
  ) async throws(USBError) -> Result {
    try await withInterfaces([number]) { await body($0) }
  }

  /// Claims one or more interfaces for the time of `body`, in order, as ``withInterface(_:_:)`` does.
  ///
  /// - Returns: What `body` returned; it gets the first interface, over which every endpoint of the
  ///   others can be used too.
  package borrowing func withInterfaces<Result>(
    _ numbers: [UInt8], _ body: (any USBPipes) async -> Result
  ) async throws(USBError) -> Result {
    precondition(!numbers.isEmpty, "a session claims an interface")
    var claimed: [UInt8] = []
    for number in numbers {
      let code = unsafe libusb_claim_interface(pointer, Int32(number))
      guard code >= 0 else {
        release(claimed)
        throw USBError(code: code)
      }
      claimed.append(number)
    }
    let interface = unsafe ClaimedInterface(number: numbers[0], of: pointer, keeping: reference)
    let result = await body(interface)
    interface.revoke()
    release(claimed)
    return result
  }

  /// Fails only for a device that is gone, where there is nothing left to release.
  private borrowing func release(_ numbers: [UInt8]) {
    for number in numbers.reversed() { unsafe libusb_release_interface(pointer, Int32(number)) }
  }

  /// Resets the port and restores the configuration. It takes as long as the hub needs (10 to 500
  /// ms).
  ///
  /// - Throws: ``USBError/deviceGone`` when the device must be enumerated anew: close it and wait
  ///   for its arrival.
  /// - Precondition: No interface is claimed: a reset ends every transfer and all state of the
  ///   device.
  package borrowing func reset() async throws(USBError) {
    let device = unsafe SendablePointer(pointer: pointer)
    let code = await withCheckedContinuation { continuation in
      Self.waitingCalls.async {
        continuation.resume(returning: unsafe libusb_reset_device(device.pointer))
      }
    }
    if code == LIBUSB_ERROR_NOT_FOUND.rawValue { throw .deviceGone }
    try USBError.check(code)
  }
}

/// Carries a device pointer to another thread while its owner awaits.
@safe
// @unchecked: libusb locks its device itself, and the owner does not close it before the call ends.
struct SendablePointer: @unchecked Sendable {
  let pointer: OpaquePointer
}
