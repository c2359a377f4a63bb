import USBTransport

/// How a device is driven, with all that its session needs to know of it.
enum ReaderDriver: Equatable, Sendable {
  case card(CardReaderLayout, CardReaderQuirks)
  case scanner(ScannerLayout, ScannerSettings)
  /// Only where the settings say so: what is behind a serial line cannot be told from outside.
  case face(SerialLayout, FaceSettings)

  var role: ReaderRole {
    switch self {
    case .card: .card
    case .scanner: .scanner
    case .face: .face
    }
  }

  /// What a session claims, in order.
  var interfaces: [UInt8] {
    switch self {
    case .card(let layout, _): [layout.interface]
    case .scanner(let layout, _): layout.interfaces
    case .face(let layout, _): layout.interfaces
    }
  }

  /// Whether it has a light or a buzzer that we can command.
  var canSignal: Bool {
    switch self {
    case .card(_, let quirks): quirks.signals != nil
    case .scanner(let layout, _): layout.canBeep
    case .face: false
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
  /// - Parameter place: What the settings say of its socket; `nil` where they say nothing.
  static func find(
    _ device: USBDeviceDescriptor, _ interfaces: [USBInterfaceDescriptor],
    place: ReaderPlan.Place? = nil
  ) -> Finding {
    if let place, place.role == .face,
      let layout = SerialLayout.find(in: interfaces, device: device)
    {
      let refusal = place.face.refusal ?? layout.refusal(of: place.face.serial)
      return refusal.map { .refused($0) } ?? .usable(.face(layout, place.face))
    }
    let known = DeviceCatalogue.entry(vendor: device.vendor, product: device.product)
    if place == nil, let known, known.role == nil {
      return .refused(
        "name its socket in canteen.readers, if a scanner or face module is behind it")
    }
    if (place?.role ?? known?.role) == .scanner {
      let settings = place?.scanner ?? ScannerSettings()
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
