import CLibUSB
import Synchronization

/// How much libusb writes to standard error. The variable `LIBUSB_DEBUG` sets it too, and wins.
package enum USBLogLevel: Int32, Sendable {
  case none = 0
  case error, warning, info, debug
}

/// Owner of the `libusb_context`. It is exited when the last reference to it goes, on any thread.
@safe
// @unchecked: the pointer never changes, and libusb locks its context itself.
final class LibUSBContext: @unchecked Sendable {
  let pointer: OpaquePointer

  init(logLevel: USBLogLevel) throws(USBError) {
    var pointer: OpaquePointer?
    try USBError.check(unsafe libusb_init(&pointer))
    guard let pointer = unsafe pointer else {
      throw .library(code: LIBUSB_ERROR_OTHER.rawValue)
    }
    unsafe self.pointer = pointer
    if logLevel != .none {
      unsafe _ = canteen_libusb_set_log_level(pointer, logLevel.rawValue)
    }
  }

  deinit {
    unsafe libusb_exit(pointer)
  }
}

/// libusb with its event thread and its hot-plug watch.
///
/// ``close()`` must be called before the last reference goes; a context that is only dropped traps,
/// because its thread would live on without an owner.
package final class USBContext: USBHost {
  let library: LibUSBContext
  private let events: EventThread
  private let watch: HotplugWatch
  private let isOpen = Atomic(true)

  /// Devices as they come and go, first those that are already there. For one consumer.
  ///
  /// A device that libusb announces twice (it does so when registration races udev) is here once.
  package var hotplug: AsyncStream<USBHotplugEvent> { watch.stream }

  /// Starts libusb, its event thread and the hot-plug watch.
  ///
  /// - Throws: ``USBError/library(code:)``, for example when libusb cannot open the udev monitor.
  package static func start(logLevel: USBLogLevel = .none) throws(USBError) -> USBContext {
    let library = try LibUSBContext(logLevel: logLevel)
    let events = EventThread(context: library)
    try events.start()
    let watch = HotplugWatch(library: library)
    do throws(USBError) {
      try watch.register()
    } catch {
      events.stop()
      throw error
    }
    return USBContext(library: library, events: events, watch: watch)
  }

  private init(library: LibUSBContext, events: EventThread, watch: HotplugWatch) {
    self.library = library
    self.events = events
    self.watch = watch
  }

  /// Ends the hot-plug stream and the event thread. Calling it again does nothing.
  ///
  /// - Precondition: No device is open any more: its transfers would never be called back.
  package func close() {
    guard isOpen.exchange(false, ordering: .acquiringAndReleasing) else { return }
    watch.deregister()
    events.stop()
  }

  deinit {
    precondition(!isOpen.load(ordering: .acquiring), "a USB context was dropped without close()")
  }
}
