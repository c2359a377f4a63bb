package import USBTransport

/// Where in a device its contactless slot is: interface and endpoints, all from descriptors.
package struct CardReaderLayout: Equatable, Sendable {
  /// The only interface that is claimed.
  package let interface: UInt8
  /// For commands.
  package let bulkOut: USBEndpoint
  /// For answers.
  package let bulkIn: USBEndpoint
  /// `nil` for a reader that must be polled.
  package let interruptIn: USBEndpoint?
  /// What the reader says it can do.
  package let functional: CCIDFunctionalDescriptor

  /// What a device turned out to be.
  package enum Finding: Equatable, Sendable {
    /// It has no CCID interface: none of our business.
    case noReader
    /// A reader, but not one that this driver can use; the reason is for people.
    case refused(String)
    case usable(CardReaderLayout)
  }

  /// Looks for the contactless slot among the interfaces of a device.
  package static func find(
    in interfaces: [USBInterfaceDescriptor], quirks: CardReaderQuirks
  ) -> Finding {
    let readers = interfaces.filter {
      $0.interfaceClass == USBInterfaceDescriptor.smartCardClass && $0.alternateSetting == 0
    }
    guard !readers.isEmpty else { return .noReader }
    let bulk = readers.filter { $0.interfaceProtocol == 0 }
    guard !bulk.isEmpty else { return .refused("it speaks ICCD over the control pipe, not CCID") }
    let chosen: USBInterfaceDescriptor? =
      if let number = quirks.contactlessInterface {
        bulk.first { $0.number == number }
      } else {
        // Of several, SAM slots tend to have no interrupt endpoint: nothing is ever inserted there.
        bulk.first { $0.endpoint(.interrupt, .in) != nil } ?? bulk.first
      }
    guard let chosen else { return .refused("its contactless interface is missing") }
    return layout(of: chosen)
  }

  private static func layout(of interface: USBInterfaceDescriptor) -> Finding {
    guard let bulkOut = interface.endpoint(.bulk, .out),
      let bulkIn = interface.endpoint(.bulk, .in)
    else { return .refused("it has no pair of bulk endpoints") }
    // A maker's own type may also be something else: it counts by its length, and comes second.
    let found =
      interface.classDescriptor(ofType: 0x21)
      ?? interface.classDescriptor(ofType: 0xFF, length: CCIDFunctionalDescriptor.length)
    guard let bytes = found else {
      return .refused("it has no CCID functional descriptor")
    }
    let functional: CCIDFunctionalDescriptor
    do throws(CCIDFunctionalDescriptor.Malformed) {
      functional = try CCIDFunctionalDescriptor(bytes)
    } catch {
      return .refused("its CCID functional descriptor is malformed: \(error)")
    }
    switch functional.features.exchangeLevel {
    case .shortAPDU, .extendedAPDU: break
    case .tpdu, .character:
      let level = functional.features.exchangeLevel.rawValue
      return .refused("unsupported exchange level: \(level); short or extended APDU is needed")
    }
    return .usable(
      CardReaderLayout(
        interface: interface.number, bulkOut: bulkOut, bulkIn: bulkIn,
        interruptIn: interface.endpoint(.interrupt, .in), functional: functional))
  }
}
