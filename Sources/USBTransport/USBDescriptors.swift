/// What a device says about itself as a whole. Source: USB 2.0, 9.6.1.
package struct USBDeviceDescriptor: Hashable, Sendable {
  /// Given by the USB-IF, for example `0x072F` (ACS). Cloned by others: never proof of a maker.
  package let vendor: UInt16
  /// Given by the vendor.
  package let product: UInt16
  /// Binary-coded decimal: `0x0214` is release 2.14.
  package let release: UInt16
  /// 0 when each interface names its own class.
  package let deviceClass: UInt8

  /// A descriptor from its parts.
  package init(vendor: UInt16, product: UInt16, release: UInt16, deviceClass: UInt8) {
    (self.vendor, self.product, self.release) = (vendor, product, release)
    self.deviceClass = deviceClass
  }

  /// `072F:2200`, as people look a device up.
  package var identifier: String { Self.identifier(vendor: vendor, product: product) }

  /// `072F:2200`.
  package static func identifier(vendor: UInt16, product: UInt16) -> String {
    let digits = [vendor, product].map { number in
      let digits = String(number, radix: 16, uppercase: true)
      return String(repeating: "0", count: 4 - digits.count) + digits
    }
    return digits.joined(separator: ":")
  }
}

/// One alternate setting of one interface. Source: USB 2.0, 9.6.5.
package struct USBInterfaceDescriptor: Hashable, Sendable {
  /// The class of card readers. Source: CCID Rev 1.1, 4.3.
  package static let smartCardClass: UInt8 = 0x0B

  /// bInterfaceNumber: what is claimed.
  package let number: UInt8
  /// 0 for the setting that is active after configuration.
  package let alternateSetting: UInt8
  /// For example ``smartCardClass``.
  package let interfaceClass: UInt8
  package let interfaceSubclass: UInt8
  package let interfaceProtocol: UInt8
  /// Without endpoint 0, in the order of the descriptors.
  package let endpoints: [USBEndpoint]
  /// Class-specific descriptors that stand between the interface and its first endpoint.
  package let extra: [UInt8]

  /// A descriptor from its parts; those of a device come from its host.
  package init(
    number: UInt8, alternateSetting: UInt8, interfaceClass: UInt8, interfaceSubclass: UInt8,
    interfaceProtocol: UInt8, endpoints: [USBEndpoint], extra: [UInt8]
  ) {
    (self.number, self.alternateSetting) = (number, alternateSetting)
    (self.interfaceClass, self.interfaceSubclass) = (interfaceClass, interfaceSubclass)
    (self.interfaceProtocol, self.endpoints, self.extra) = (interfaceProtocol, endpoints, extra)
  }

  /// The first class-specific descriptor of a type, and of a length if one is given.
  ///
  /// It is looked for after the interface and, because some readers put it there, after each
  /// endpoint.
  package func classDescriptor(ofType type: UInt8, length wanted: Int? = nil) -> [UInt8]? {
    for region in [extra] + endpoints.map(\.extra) {
      var rest = region[...]
      while let length = rest.first, length >= 2, rest.count >= length {
        if rest[rest.startIndex + 1] == type, wanted == nil || wanted == Int(length) {
          return Array(rest.prefix(Int(length)))
        }
        rest = rest.dropFirst(Int(length))
      }
    }
    return nil
  }

  /// The first endpoint of a kind and direction.
  package func endpoint(_ kind: USBEndpoint.Kind, _ direction: USBEndpoint.Direction)
    -> USBEndpoint?
  {
    endpoints.first { $0.kind == kind && $0.direction == direction }
  }
}

/// One endpoint. Source: USB 2.0, 9.6.6.
package struct USBEndpoint: Hashable, Sendable {
  /// bmAttributes, bits 0 and 1.
  package enum Kind: UInt8, Sendable {
    case control = 0
    case isochronous, bulk, interrupt
  }

  /// As the host sees it.
  package enum Direction: Sendable {
    /// From the host to the device.
    case out
    /// From the device to the host.
    case `in`
  }

  /// Number in bits 0 to 3, direction in bit 7 (1 is IN).
  package let address: UInt8
  /// How bytes travel over it.
  package let kind: Kind
  /// Bytes, 1 to 1024. An IN transfer asks for a multiple of it.
  package let maxPacketSize: Int
  /// Class-specific descriptors that follow this endpoint.
  package let extra: [UInt8]

  /// Bit 7 of the address.
  package var direction: Direction { address & 0x80 == 0 ? .out : .in }

  /// An endpoint from its parts; those of a device come from its descriptors.
  package init(address: UInt8, kind: Kind, maxPacketSize: Int, extra: [UInt8]) {
    self.address = address
    self.kind = kind
    self.maxPacketSize = maxPacketSize
    self.extra = extra
  }
}
