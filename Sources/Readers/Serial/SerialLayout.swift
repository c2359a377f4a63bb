import USBTransport

/// Where in a device its serial line is, and how the line is set: interfaces and endpoints, all from
/// descriptors.
struct SerialLayout: Equatable, Sendable {
  /// Who is between us and the line.
  enum Bridge: Equatable, Sendable {
    /// USB's own class; the interface takes the requests.
    case cdcACM(control: UInt8)
    case ch34x
    case cp210x(interface: UInt8)
    case ftdi(FTDIPort)
  }

  /// What a session claims, in order.
  let interfaces: [UInt8]
  let bridge: Bridge
  let bulkIn: USBEndpoint
  let bulkOut: USBEndpoint

  private static let communicationClass: UInt8 = 0x02
  private static let abstractControl: UInt8 = 0x02
  private static let dataClass: UInt8 = 0x0A
  private static let vendorClass: UInt8 = 0xFF

  /// Looks for a serial line: by the class, or, in an interface of a maker's own, by the device's name.
  /// Of several lines the first is taken.
  static func find(
    in interfaces: [USBInterfaceDescriptor], device: USBDeviceDescriptor
  ) -> SerialLayout? {
    let settings = interfaces.filter { $0.alternateSetting == 0 }
    if let layout = cdcACM(in: settings) { return layout }
    let speech = DeviceCatalogue.entry(vendor: device.vendor, product: device.product)?.speech
    guard let speech,
      let own = settings.first(where: { $0.interfaceClass == vendorClass && $0.pair != nil })
    else { return nil }
    switch speech {
    case .ch34x: return layout([own.number], .ch34x, own)
    case .cp210x: return layout([own.number], .cp210x(interface: own.number), own)
    case .ftdi:
      let port = FTDIPort(release: device.release, interface: own.number)
      return layout([own.number], .ftdi(port), own)
    case .ccid, .hidPOS, .hidKeyboard, .cdcACM: return nil
    }
  }

  /// A control interface and the data interface of its union. Without a union descriptor it is the next
  /// one of the class, or the endpoints are beside the control endpoint.
  private static func cdcACM(in settings: [USBInterfaceDescriptor]) -> SerialLayout? {
    for control in settings
    where control.interfaceClass == communicationClass
      && control.interfaceSubclass == abstractControl
    {
      let named = CDCACMRequest.dataInterface(of: control)
      let data = settings.first {
        guard $0.pair != nil else { return false }
        if let named { return $0.number == named }
        return $0.number > control.number && $0.interfaceClass == dataClass
      }
      let own = data ?? (control.pair == nil ? nil : control)
      guard let own else { continue }
      let claimed = own.number == control.number ? [own.number] : [control.number, own.number]
      return layout(claimed, .cdcACM(control: control.number), own)
    }
    return nil
  }

  private static func layout(
    _ interfaces: [UInt8], _ bridge: Bridge, _ own: USBInterfaceDescriptor
  ) -> SerialLayout? {
    guard let pair = own.pair else { return nil }
    return SerialLayout(
      interfaces: interfaces, bridge: bridge, bulkIn: pair.input, bulkOut: pair.output)
  }

  /// Why the line cannot be set so, for people; `nil` when it can.
  func refusal(of settings: SerialSettings) -> String? {
    let canMake =
      switch bridge {
      case .cdcACM: CDCACMRequest.bauds.contains(settings.baud)
      case .ch34x: CH34xRequest.bauds.contains(settings.baud)
      case .cp210x: CP210xRequest.bauds.contains(settings.baud)
      case .ftdi(let port): FTDIRequest.setBaud(settings.baud, port) != nil
      }
    return canMake ? nil : "its serial bridge cannot make \(settings.baud) baud"
  }
}

extension USBInterfaceDescriptor {
  /// Its two bulk endpoints, if it has both.
  fileprivate var pair: (input: USBEndpoint, output: USBEndpoint)? {
    guard let input = endpoint(.bulk, .in), let output = endpoint(.bulk, .out) else { return nil }
    return (input, output)
  }
}
