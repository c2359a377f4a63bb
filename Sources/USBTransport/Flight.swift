import CLibUSB
import Synchronization

/// One `libusb_transfer` and its buffer, from allocation to callback.
///
/// The order of its end is the only safe one: libusb calls back (after a cancel too), both are
/// freed inside the callback, then the awaiting task goes on. So whoever awaited may close the
/// device.
@safe
// @unchecked: the C memory is touched before submission by its one maker, by libusb while flying,
// and otherwise only under the lock of `stage`.
final class Flight: @unchecked Sendable {
  private let transfer: UnsafeMutablePointer<libusb_transfer>
  private let buffer: UnsafeMutablePointer<UInt8>
  private let capacity: Int
  private let isIn: Bool
  private let isControl: Bool
  /// Set before ``prepare(for:endpoint:timeout:)`` by the maker only.
  var addsZeroPacket = false
  /// Cancelled when this one fails. Set before ``submit()`` by the maker only.
  var follower: Flight?

  private enum Stage {
    case ready
    case cancelledBeforeStart
    /// Submitted; who awaits its end, if anybody does yet.
    case flying(CheckedContinuation<USBCompletion, Never>?)
    /// Ended before anybody awaited it.
    case arrived(USBCompletion)
    case landed
  }
  private let stage = Mutex(Stage.ready)

  /// - Parameter capacity: Bytes of buffer, for a control transfer with its 8 bytes of set-up.
  private init(capacity: Int, isIn: Bool, isControl: Bool) {
    guard let transfer = unsafe libusb_alloc_transfer(0) else {
      preconditionFailure("out of memory for a USB transfer")
    }
    unsafe self.transfer = transfer
    unsafe self.buffer = UnsafeMutablePointer.allocate(capacity: max(1, capacity))
    unsafe buffer.initialize(repeating: 0, count: max(1, capacity))
    self.capacity = capacity
    self.isIn = isIn
    self.isControl = isControl
  }

  convenience init(receiving length: Int) {
    self.init(capacity: length, isIn: true, isControl: false)
  }

  convenience init(sending bytes: [UInt8]) {
    self.init(capacity: bytes.count, isIn: false, isControl: false)
    unsafe buffer.update(from: bytes, count: bytes.count)
  }

  convenience init(setup: USBSetup) {
    let setupSize = setup.bytes.count
    self.init(capacity: setupSize + Int(setup.length), isIn: setup.isIn, isControl: true)
    let bytes = setup.bytes + setup.payload
    unsafe buffer.update(from: bytes, count: bytes.count)
  }

  /// - Parameters:
  ///   - endpoint: `nil` for a control transfer.
  ///   - timeout: `nil` for none.
  func prepare(for device: OpaquePointer, endpoint: USBEndpoint?, timeout: Duration?) {
    let milliseconds = timeout.map(Self.milliseconds) ?? 0
    let callback: libusb_transfer_cb_fn = { transfer in
      guard let transfer = unsafe transfer, let flight = unsafe transfer.pointee.user_data else {
        return
      }
      unsafe Unmanaged<Flight>.fromOpaque(flight).takeRetainedValue().land()
    }
    switch endpoint?.kind {
    case nil, .control:
      unsafe libusb_fill_control_transfer(transfer, device, buffer, callback, nil, milliseconds)
    case .interrupt:
      unsafe libusb_fill_interrupt_transfer(
        transfer, device, endpoint?.address ?? 0, buffer, Int32(capacity), callback, nil,
        milliseconds)
    case .bulk, .isochronous:
      precondition(endpoint?.kind == .bulk, "isochronous transfers are not built")
      unsafe libusb_fill_bulk_transfer(
        transfer, device, endpoint?.address ?? 0, buffer, Int32(capacity), callback, nil,
        milliseconds)
    }
    if addsZeroPacket {
      unsafe transfer.pointee.flags |= UInt8(LIBUSB_TRANSFER_ADD_ZERO_PACKET.rawValue)
    }
  }

  /// Submits the transfer. Called once, and followed by ``completion()``.
  func submit() {
    let failure: USBError? = stage.withLock { stage in
      if case .cancelledBeforeStart = stage { return .cancelled }
      unsafe transfer.pointee.user_data = unsafe Unmanaged.passRetained(self).toOpaque()
      let code = unsafe libusb_submit_transfer(transfer)
      guard code < 0 else {
        stage = .flying(nil)
        return nil
      }
      unsafe Unmanaged.passUnretained(self).release()
      return USBError(code: code)
    }
    guard let failure else { return }
    end(with: .unsubmitted(failure))
  }

  /// Waits for the end of the transfer, and cancels it when the task is cancelled. Called once.
  func completion() async -> USBCompletion {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let arrived: USBCompletion? = stage.withLock { stage in
          switch stage {
          case .arrived(let completion):
            stage = .landed
            return completion
          case .flying(nil):
            stage = .flying(continuation)
            return nil
          case .ready, .cancelledBeforeStart, .flying, .landed:
            preconditionFailure("a transfer is submitted once, and then awaited once")
          }
        }
        if let arrived { continuation.resume(returning: arrived) }
      }
    } onCancel: {
      cancel()
    }
  }

  /// Frees what libusb let go of, and tells whoever awaits. Both under the lock: a cancel must not meet a
  /// transfer that is not there any more.
  private func end(with completion: USBCompletion) {
    if completion.failure != nil { follower?.cancel() }
    follower = nil
    let continuation: CheckedContinuation<USBCompletion, Never>? = stage.withLock { stage in
      free()
      if case .flying(let continuation?) = stage {
        stage = .landed
        return continuation
      }
      stage = .arrived(completion)
      return nil
    }
    continuation?.resume(returning: completion)
  }

  /// Asks libusb to end the transfer; the callback still comes. Runs on any thread.
  private func cancel() {
    stage.withLock { stage in
      switch stage {
      case .ready: stage = .cancelledBeforeStart
      // Fails only when the transfer is already ending; its callback then tells how.
      case .flying: unsafe _ = libusb_cancel_transfer(transfer)
      case .cancelledBeforeStart, .arrived, .landed: break
      }
    }
  }

  /// libusb's callback, on the event thread.
  private func land() {
    let transferred = Int(unsafe transfer.pointee.actual_length)
    let start = isControl ? Int(canteen_libusb_control_setup_size) : 0
    let arrived = isIn ? transferred : 0
    let completion = unsafe USBCompletion(
      bytes: Array(UnsafeBufferPointer(start: buffer + start, count: arrived)),
      transferred: transferred,
      failure: .outcome(of: transfer.pointee.status, transferred: transferred))
    end(with: completion)
  }

  /// Called once, after the transfer has landed or was never submitted.
  private func free() {
    unsafe libusb_free_transfer(transfer)
    unsafe buffer.deallocate()
  }

  /// Whole milliseconds, rounded up: at least 1, because 0 means "for ever" to libusb.
  private static func milliseconds(_ timeout: Duration) -> UInt32 {
    let (seconds, attoseconds) = timeout.components
    let whole = seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return UInt32(clamping: max(1, whole))
  }
}
