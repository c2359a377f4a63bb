import CanteenModel

/// A device as sysfs shows it, in umockdev's text form (`P:` path, `E:` property, `A:` attribute).
struct SysfsDescription {
  /// The bus and the chain of ports, such as `1-1.4`.
  let port: String
  let bus: UInt8
  let address: UInt8
  let deviceDescriptor: [UInt8]
  let configurationDescriptor: [UInt8]

  /// - Returns: `nil` when the text is not a bus and 1 to 6 ports.
  static func bus(ofPort port: String) -> UInt8? {
    let halves = port.split(separator: "-", omittingEmptySubsequences: false)
    guard halves.count == 2, let bus = UInt8(halves[0]), bus >= 1 else { return nil }
    let chain = halves[1].split(separator: ".", omittingEmptySubsequences: false)
    guard (1...6).contains(chain.count), chain.allSatisfy({ (UInt8($0) ?? 0) >= 1 }) else {
      return nil
    }
    return bus
  }

  /// The hubs between the root hub and a port, outermost first: `1-1.4` is behind `1-1`.
  static func hubs(before port: String) -> [String] {
    let parts = port.split(separator: ".")
    return (1..<max(1, parts.count)).map { parts.prefix($0).joined(separator: ".") }
  }

  /// `/dev/bus/usb/001/002`.
  var node: String { "/dev/bus/usb/\(padded(bus))/\(padded(address))" }

  var path: String {
    let chain = (Self.hubs(before: port) + [port]).joined(separator: "/")
    return "/devices/pci0000:00/0000:00:14.0/usb\(bus)/\(chain)"
  }

  /// As udev's `path_id` makes it: the number of the bus does not count.
  var idPath: String { "pci-0000:00:14.0-usb-0:\(port.drop { $0 != "-" }.dropFirst())" }

  var syspath: String { "/sys" + path }

  /// The device without `N:` line: its node is made by us, as a link to the gate.
  ///
  /// - Parameter configuration: bConfigurationValue; other than 1 the device seems to have no
  ///   active configuration.
  func deviceText(configuration: Int = 1) -> String {
    let minor = (Int(bus) - 1) * 128 + Int(address) - 1
    let all = deviceDescriptor + configurationDescriptor
    return """
      P: \(path)
      E: DEVTYPE=usb_device
      E: SUBSYSTEM=usb
      E: DEVNAME=\(node)
      E: ID_PATH=\(idPath)
      E: BUSNUM=\(padded(bus))
      E: DEVNUM=\(padded(address))
      E: MAJOR=189
      E: MINOR=\(minor)
      A: busnum=\(bus)
      A: devnum=\(address)
      A: speed=12
      A: bConfigurationValue=\(configuration)
      A: bNumConfigurations=1
      A: bDeviceClass=\(Hexadecimal.text([deviceDescriptor[4]]))
      A: idVendor=\(Hexadecimal.text([deviceDescriptor[9], deviceDescriptor[8]]))
      A: idProduct=\(Hexadecimal.text([deviceDescriptor[11], deviceDescriptor[10]]))
      H: descriptors=\(Hexadecimal.text(all))

      """
  }

  /// The device's interfaces as its children; programs that look for drivers list them.
  var interfaceTexts: [String] { interfaces.map(interfaceText) }

  var interfaceSyspaths: [String] { interfaces.map { "/sys" + interfacePath($0) } }

  /// The interface descriptors of the configuration, 9 bytes each.
  private var interfaces: [[UInt8]] {
    DescriptorWalk(configurationDescriptor).filter { $0[1] == 0x04 && $0.count == 9 }
  }

  private func interfacePath(_ descriptor: [UInt8]) -> String {
    "\(path)/\(port):1.\(descriptor[2])"
  }

  private func interfaceText(_ descriptor: [UInt8]) -> String {
    """
    P: \(interfacePath(descriptor))
    E: DEVTYPE=usb_interface
    E: SUBSYSTEM=usb
    A: bInterfaceNumber=\(Hexadecimal.text([descriptor[2]]))
    A: bAlternateSetting= 0
    A: bInterfaceClass=\(Hexadecimal.text([descriptor[5]]))
    A: bInterfaceSubClass=\(Hexadecimal.text([descriptor[6]]))
    A: bInterfaceProtocol=\(Hexadecimal.text([descriptor[7]]))

    """
  }

  private func padded(_ number: UInt8) -> String {
    String(repeating: "0", count: 3 - "\(number)".count) + "\(number)"
  }
}

extension SysfsDescription {
  /// A hub: in sysfs only, nobody opens it.
  static func hub(port: String, bus: UInt8, address: UInt8) -> SysfsDescription {
    SysfsDescription(
      port: port, bus: bus, address: address,
      deviceDescriptor: [18, 1, 0, 2, 9, 0, 1, 64, 0x6B, 0x1D, 2, 0, 0, 1, 0, 0, 0, 1],
      configurationDescriptor: [
        9, 2, 25, 0, 1, 1, 0, 0xE0, 0, 9, 4, 0, 0, 1, 9, 0, 0, 0, 7, 5, 0x81, 3, 4, 0, 12,
      ])
  }
}
