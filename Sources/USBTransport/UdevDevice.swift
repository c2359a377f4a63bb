import CLibUdev

/// What udev knows of a device. Source: libudev(3).
enum UdevDevice {
  /// A property of a USB device, as its rules left it.
  ///
  /// - Parameter port: Its name in sysfs: bus and port chain, such as `1-1.4`.
  /// - Returns: `nil` when udev does not know the device or the property.
  static func property(_ name: String, ofUSBDevice port: String) -> String? {
    guard let library = unsafe udev_new() else { return nil }
    defer { unsafe _ = udev_unref(library) }
    guard let device = unsafe udev_device_new_from_subsystem_sysname(library, "usb", port) else {
      return nil
    }
    defer { unsafe _ = udev_device_unref(device) }
    guard let value = unsafe udev_device_get_property_value(device, name) else { return nil }
    return unsafe String(cString: value)
  }
}
