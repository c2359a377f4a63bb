package import USBTransport
import VirtualReaders

extension USBDeviceDescriptor {
  /// From its bytes. Source: USB 2.0, 9.6.1.
  ///
  /// - Precondition: 18 or more.
  package init(_ bytes: [UInt8]) {
    precondition(bytes.count >= 18, "a device descriptor has 18 bytes")
    self.init(
      vendor: word(bytes, 8), product: word(bytes, 10), release: word(bytes, 12),
      deviceClass: bytes[4])
  }
}

extension USBInterfaceDescriptor {
  /// The interfaces of a configuration descriptor with all that belongs to it. Source: USB 2.0, 9.6.3.
  package static func list(configuration bytes: [UInt8]) -> [USBInterfaceDescriptor] {
    var drafts: [Draft] = []
    for descriptor in DescriptorWalk(bytes) {
      switch descriptor[1] {
      case 0x02: break
      case 0x04 where descriptor.count >= 9: drafts.append(Draft(head: descriptor))
      case 0x05 where descriptor.count >= 7 && !drafts.isEmpty:
        drafts[drafts.count - 1].endpoints.append((descriptor, []))
      default:
        guard !drafts.isEmpty else { continue }
        drafts[drafts.count - 1].addExtra(descriptor)
      }
    }
    return drafts.map(\.interface)
  }

  private struct Draft {
    let head: [UInt8]
    var extra: [UInt8] = []
    var endpoints: [(head: [UInt8], extra: [UInt8])] = []

    mutating func addExtra(_ bytes: [UInt8]) {
      if endpoints.isEmpty {
        extra += bytes
      } else {
        endpoints[endpoints.count - 1].extra += bytes
      }
    }

    var interface: USBInterfaceDescriptor {
      USBInterfaceDescriptor(
        number: head[2], alternateSetting: head[3], interfaceClass: head[5],
        interfaceSubclass: head[6], interfaceProtocol: head[7],
        endpoints: endpoints.map { endpoint in
          USBEndpoint(
            address: endpoint.head[2],
            kind: USBEndpoint.Kind(rawValue: endpoint.head[3] & 0b11) ?? .control,
            maxPacketSize: max(1, Int(word(endpoint.head, 4) & 0x07FF)), extra: endpoint.extra)
        }, extra: extra)
    }
  }
}

private func word(_ bytes: [UInt8], _ offset: Int) -> UInt16 {
  UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8
}
