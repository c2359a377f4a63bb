import CLibUSB
import Glibc

/// A device that is plugged in, not opened. Reading its descriptors needs no permission.
@safe
// @unchecked: all properties are constant, and libusb counts references to a device atomically.
package final class USBDeviceReference: USBAttachedDevice, @unchecked Sendable {
  let pointer: OpaquePointer
  let library: LibUSBContext

  /// As libusb cached it at enumeration.
  package let descriptor: USBDeviceDescriptor
  /// Until the next unplug.
  package let address: USBAddress
  /// Bus and port chain as sysfs writes them: `1-2`, `1-1.4`. The same for every device that is
  /// ever plugged into this socket. `usb1` for the root hub of bus 1.
  package let port: String
  /// See ``USBAttachedDevice``.
  package var path: String? { UdevDevice.property("ID_PATH", ofUSBDevice: port) }

  /// See ``USBAttachedDevice``. pcscd takes every card reader that it finds, and is there when its socket is;
  /// the kernel does not say who holds an interface.
  package var likelyHolder: String? {
    // try?: a device that is gone is held by nobody.
    let interfaces = (try? interfaces()) ?? []
    guard interfaces.contains(where: { $0.interfaceClass == USBInterfaceDescriptor.smartCardClass })
    else { return nil }
    return unsafe access("/run/pcscd/pcscd.comm", F_OK) == 0 ? "pcscd" : nil
  }

  /// Takes a reference of its own to the device.
  init(_ pointer: OpaquePointer, of library: LibUSBContext) {
    unsafe self.pointer = unsafe libusb_ref_device(pointer)
    self.library = library
    var descriptor = libusb_device_descriptor()
    // Cannot fail since libusb 1.0.16: the descriptor is cached with the device.
    unsafe libusb_get_device_descriptor(pointer, &descriptor)
    self.descriptor = USBDeviceDescriptor(descriptor)
    self.address = unsafe USBAddress(
      bus: libusb_get_bus_number(pointer), device: libusb_get_device_address(pointer))
    self.port = unsafe Self.portPath(pointer)
  }

  deinit {
    unsafe libusb_unref_device(pointer)
  }

  /// Every interface of the active configuration, in all its alternate settings.
  ///
  /// - Throws: ``USBError/deviceGone``, or ``USBError/library(code:)`` for a device without a
  ///   configuration.
  package func interfaces() throws(USBError) -> [USBInterfaceDescriptor] {
    var configuration: UnsafeMutablePointer<libusb_config_descriptor>?
    try USBError.check(unsafe libusb_get_active_config_descriptor(pointer, &configuration))
    guard let configuration = unsafe configuration else { return [] }
    defer { unsafe libusb_free_config_descriptor(configuration) }
    let interfaces = unsafe UnsafeBufferPointer(
      start: configuration.pointee.interface, count: Int(configuration.pointee.bNumInterfaces))
    return unsafe interfaces.flatMap { interface in
      let settings = unsafe UnsafeBufferPointer(
        start: interface.altsetting, count: Int(interface.num_altsetting))
      return unsafe settings.map { unsafe USBInterfaceDescriptor($0) }
    }
  }

  /// Opens the device. The caller must call ``USBDevice/close()``.
  ///
  /// - Throws: ``USBError/accessDenied`` without write permission, ``USBError/deviceGone``.
  package func open() throws(USBError) -> USBDevice {
    try USBDevice(opening: self)
  }

  /// See ``USBAttachedDevice``.
  package func serve<Result: Sendable>(
    _ interfaces: [UInt8], isResetFirst: Bool, _ body: (any USBPipes) async -> Result
  ) async throws(USBError) -> Result {
    let opened = try open()
    do throws(USBError) {
      if isResetFirst {
        // Another program's device must not be reset under its hands: the claim finds it busy.
        try await opened.withInterfaces(interfaces) { _ in }
        try await opened.reset()
      }
      let result = try await opened.withInterfaces(interfaces, body)
      opened.close()
      return result
    } catch {
      opened.close()
      throw error
    }
  }

  /// USB 2.0 allows chains of at most 7 ports.
  private static func portPath(_ device: OpaquePointer) -> String {
    var ports = [UInt8](repeating: 0, count: 7)
    let count = unsafe libusb_get_port_numbers(device, &ports, Int32(ports.count))
    let bus = unsafe libusb_get_bus_number(device)
    guard count > 0 else { return "usb\(bus)" }
    return "\(bus)-" + ports.prefix(Int(count)).map(String.init).joined(separator: ".")
  }
}
