import USBTransport

/// How a device is driven, with all that its session needs to know of it.
enum ReaderDriver: Equatable, Sendable {
  case card(CardReaderLayout, CardReaderQuirks)
  case scanner(ScannerLayout, ScannerSettings)

  var role: ReaderRole {
    switch self {
    case .card: .card
    case .scanner: .scanner
    }
  }

  /// What a session claims, in order.
  var interfaces: [UInt8] {
    switch self {
    case .card(let layout, _): [layout.interface]
    case .scanner(let layout, _): layout.interfaces
    }
  }

  /// Whether it has a light or a buzzer that we can command.
  var canSignal: Bool {
    switch self {
    case .card(_, let quirks): quirks.signals != nil
    case .scanner(let layout, _): layout.canBeep
    }
  }

  /// What a device turned out to be.
  enum Finding: Equatable, Sendable {
    /// None of our business.
    case noReader
    /// A reader, but not one that can be used; the reason is for people.
    case refused(String)
    case usable(ReaderDriver)
  }

  /// Looks at a device's descriptors.
  ///
  /// - Parameters:
  ///   - role: What the settings say it is; `nil` where they say nothing.
  ///   - settings: Of the scanner that is plugged in there, if it is one.
  static func find(
    _ device: USBDeviceDescriptor, _ interfaces: [USBInterfaceDescriptor], role: ReaderRole?,
    settings: ScannerSettings = ScannerSettings()
  ) -> Finding {
    let known = DeviceCatalogue.entry(vendor: device.vendor, product: device.product)?.role
    if (role ?? known) == .scanner {
      switch ScannerLayout.find(device, interfaces, settings: settings) {
      case .noScanner: break
      case .refused(let reason): return .refused(reason)
      case .usable(let layout): return .usable(.scanner(layout, settings))
      }
    }
    let quirks = CardReaderQuirks.of(vendor: device.vendor, product: device.product)
    switch CardReaderLayout.find(in: interfaces, quirks: quirks) {
    case .noReader: return .noReader
    case .refused(let reason): return .refused(reason)
    case .usable(let layout): return .usable(.card(layout, quirks))
    }
  }
}
