package import USBTransport

/// How a scanner is reached: which interfaces, which endpoints, all from descriptors.
package struct ScannerLayout: Equatable, Sendable {
  /// One HID interface.
  struct HID: Equatable, Sendable {
    let interface: UInt8
    let interruptIn: USBEndpoint
    /// `nil` where commands to the scanner go over endpoint 0.
    let interruptOut: USBEndpoint?
    /// It can speak the boot keyboard's reports.
    let isBootKeyboard: Bool
    /// Bytes of its report descriptor, as it says.
    let descriptorLength: Int
  }

  enum Way: Equatable, Sendable {
    /// Every HID interface of the device. Which of them carries codes, their report descriptors say at
    /// the start of a session.
    case hid([HID])
    case serial(SerialLayout)
  }

  /// What a device turned out to be.
  package enum Finding: Equatable, Sendable {
    /// It has nothing that a scanner could speak.
    case noScanner
    /// The reason is for people.
    case refused(String)
    case usable(ScannerLayout)
  }

  let way: Way
  let quirks: ScannerQuirks

  /// What a session claims. Of a scanner that types, every HID interface is claimed: what is left to the
  /// kernel would go on typing on the console.
  package var interfaces: [UInt8] {
    switch way {
    case .hid(let interfaces): interfaces.map(\.interface)
    case .serial(let layout): layout.interfaces
    }
  }

  /// It can be made to beep by a documented command: of those that type, none can.
  package var canBeep: Bool {
    switch way {
    case .hid(let interfaces): quirks.beep != nil && !interfaces.contains(where: \.isBootKeyboard)
    case .serial: false
    }
  }

  private static let hidClass: UInt8 = 0x03
  private static let bootSubclass: UInt8 = 0x01
  private static let keyboardProtocol: UInt8 = 0x01
  private static let hidDescriptor: UInt8 = 0x21

  /// Looks at a device that is a scanner by its name, or because the settings say so. Nothing else is
  /// ever asked: a keyboard may be the operator's.
  package static func find(
    _ device: USBDeviceDescriptor, _ interfaces: [USBInterfaceDescriptor],
    settings: ScannerSettings
  ) -> Finding {
    let hid = interfaces.filter { $0.interfaceClass == hidClass && $0.alternateSetting == 0 }
      .compactMap(Self.hid)
    if let serial = SerialLayout.find(in: interfaces, device: device),
      hid.isEmpty || !isKnownAsHID(device)
    {
      if let reason = serial.refusal(of: settings.line) { return .refused(reason) }
      return .usable(ScannerLayout(way: .serial(serial), quirks: .of(device)))
    }
    guard !hid.isEmpty else { return .noScanner }
    if settings.suffix == .none, hid.allSatisfy(\.isBootKeyboard) {
      return .refused("a scanner that types must send a suffix after each code")
    }
    return .usable(ScannerLayout(way: .hid(hid), quirks: .of(device)))
  }

  private static func isKnownAsHID(_ device: USBDeviceDescriptor) -> Bool {
    switch DeviceCatalogue.entry(vendor: device.vendor, product: device.product)?.speech {
    case .hidPOS, .hidKeyboard: true
    case .ccid, .cdcACM, .ch34x, .cp210x, .ftdi, nil: false
    }
  }

  private static func hid(_ interface: USBInterfaceDescriptor) -> HID? {
    guard let interruptIn = interface.endpoint(.interrupt, .in) else { return nil }
    // bNumDescriptors at 5; then type and length of each, of which the first report descriptor counts.
    let descriptor = interface.classDescriptor(ofType: hidDescriptor) ?? []
    let length = stride(from: 6, to: descriptor.count - 2, by: 3)
      .first { descriptor[$0] == HIDRequest.reportDescriptor }
      .map { Int(descriptor[$0 + 1]) | Int(descriptor[$0 + 2]) << 8 }
    return HID(
      interface: interface.number, interruptIn: interruptIn,
      interruptOut: interface.endpoint(.interrupt, .out),
      isBootKeyboard: interface.interfaceSubclass == bootSubclass
        && interface.interfaceProtocol == keyboardProtocol,
      descriptorLength: min(length ?? HIDReportDescriptor.longest, HIDReportDescriptor.longest))
  }
}

/// Requests on endpoint 0 to a HID interface. Source: HID 1.11, 7.1 and 7.2.
enum HIDRequest {
  static let reportDescriptor: UInt8 = 0x22
  private static let outputReport: UInt16 = 0x02

  static func getReportDescriptor(of interface: UInt8, length: Int) -> USBSetup {
    USBSetup(
      reading: UInt16(clamping: length), requestType: 0x81, request: 0x06,
      value: UInt16(reportDescriptor) << 8, index: UInt16(interface))
  }

  /// Reports come only when something changes.
  static func setIdle(_ interface: UInt8) -> USBSetup {
    USBSetup(requestType: 0x21, request: 0x0A, value: 0, index: UInt16(interface))
  }

  /// The 8-byte reports that need no report descriptor.
  static func setBootProtocol(_ interface: UInt8) -> USBSetup {
    USBSetup(requestType: 0x21, request: 0x0B, value: 0, index: UInt16(interface))
  }

  /// - Parameter report: With its id, which is the first byte.
  static func setReport(_ report: [UInt8], of interface: UInt8) -> USBSetup {
    USBSetup(
      writing: report, requestType: 0x21, request: 0x09,
      value: outputReport << 8 | UInt16(report.first ?? 0), index: UInt16(interface))
  }
}
