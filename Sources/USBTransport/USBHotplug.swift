import CLibUSB
import Synchronization

/// A device came or went.
package enum USBHotplugEvent: Sendable {
  /// The udev rules for the device have run: its permissions are set.
  case arrived(any USBAttachedDevice)
  /// The address is free again. A device that is plugged back comes with another one.
  case left(USBAddress)
}

/// Where a device is on the bus at this moment. Not stable: every plug gives a new address.
package struct USBAddress: Hashable, Sendable {
  /// 1 or more.
  package let bus: UInt8
  /// 1 to 127.
  package let device: UInt8

  package init(bus: UInt8, device: UInt8) {
    self.bus = bus
    self.device = device
  }
}

/// libusb's hot-plug callback as a stream without repetitions.
///
/// It lives as long as the context: libusb may still be inside the callback while it is
/// deregistered.
final class HotplugWatch: Sendable {
  let stream: AsyncStream<USBHotplugEvent>
  private let continuation: AsyncStream<USBHotplugEvent>.Continuation
  private let library: LibUSBContext
  private let present = Mutex<Set<USBAddress>>([])
  private let registration = Mutex<libusb_hotplug_callback_handle?>(nil)

  init(library: LibUSBContext) {
    self.library = library
    // Unbounded, because a dropped event is a lost reader; the bus holds 127 devices, so does this.
    (stream, continuation) = AsyncStream.makeStream()
  }

  func register() throws(USBError) {
    var number = libusb_hotplug_callback_handle()
    let events =
      Int32(LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED.rawValue)
      | Int32(LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT.rawValue)
    try USBError.check(
      unsafe libusb_hotplug_register_callback(
        library.pointer, events, Int32(LIBUSB_HOTPLUG_ENUMERATE.rawValue),
        LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
        { _, device, event, watch in
          guard let device = unsafe device, let watch = unsafe watch else { return 0 }
          unsafe Unmanaged<HotplugWatch>.fromOpaque(watch).takeUnretainedValue()
            .note(device, event)
          return 0
        }, Unmanaged.passUnretained(self).toOpaque(), &number))
    let registered = number
    registration.withLock { $0 = registered }
  }

  func deregister() {
    if let number = registration.withLock({ $0.take() }) {
      unsafe libusb_hotplug_deregister_callback(library.pointer, number)
    }
    continuation.finish()
  }

  /// Runs on the event thread, or on the registering thread for devices that are already there.
  private func note(_ device: OpaquePointer, _ event: libusb_hotplug_event) {
    let address = unsafe USBAddress(
      bus: libusb_get_bus_number(device), device: libusb_get_device_address(device))
    if event == LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED {
      guard present.withLock({ $0.insert(address).inserted }) else { return }
      unsafe continuation.yield(.arrived(USBDeviceReference(device, of: library)))
    } else {
      guard present.withLock({ $0.remove(address) }) != nil else { return }
      continuation.yield(.left(address))
    }
  }
}
