import Readers
import Testing

@testable import USBTransport

/// Vector A-FD, published: QEMU `hw/usb/dev-smartcard-reader.c`.
private let qemu = hex(
  """
  36 21 10 01 00 07 01 00 00 00 A0 0F 00 00 00 00 01 00 00 80 25 00 00 00 C2 01 00 00 FE 00 00 00
  00 00 00 00 00 00 00 00 FE 04 01 00 12 00 01 00 FF FF 00 00 01 01
  """)

@Suite struct CCIDDescriptorTests {
  /// An interface of a reader with these class-specific descriptors beside it and its endpoints.
  private func interface(_ extra: [UInt8], afterEndpoint: [UInt8] = []) -> USBInterfaceDescriptor {
    USBInterfaceDescriptor(
      number: 0, alternateSetting: 0, interfaceClass: 0x0B, interfaceSubclass: 0,
      interfaceProtocol: 0,
      endpoints: [
        USBEndpoint(address: 0x02, kind: .bulk, maxPacketSize: 64, extra: []),
        USBEndpoint(address: 0x82, kind: .bulk, maxPacketSize: 64, extra: afterEndpoint),
      ], extra: extra)
  }

  /// QEMU's descriptor at the short-APDU level, with a type: computed.
  private func functional(_ type: UInt8) -> [UInt8] {
    var bytes = qemu
    bytes[1] = type
    bytes[42] = 0x02
    return bytes
  }

  @Test("the CCID descriptor is found behind one of the maker's own, wherever it stands")
  func besideOwnType() {
    let own: [UInt8] = [4, 0xFF, 1, 2]
    let candidates = [
      interface(own + functional(0x21)), interface(own, afterEndpoint: functional(0x21)),
      interface(functional(0xFF).dropLast(4) + own, afterEndpoint: functional(0x21)),
      interface(own + functional(0xFF)), interface([], afterEndpoint: own + functional(0xFF)),
    ]
    for candidate in candidates {
      let quirks = CardReaderQuirks.of(vendor: 0, product: 0)
      guard case .usable = CardReaderLayout.find(in: [candidate], quirks: quirks) else {
        Issue.record("not found in \(candidate)")
        continue
      }
    }
  }

  @Test("the published descriptor of QEMU's reader is read field by field")
  func published() throws {
    let descriptor = try CCIDFunctionalDescriptor(qemu)
    #expect(descriptor.release == 0x0110)
    #expect(descriptor.maximumSlotIndex == 0)
    #expect(descriptor.voltages == 0b111)
    #expect(descriptor.protocols == 1)
    #expect(descriptor.defaultClockKilohertz == 4000)
    #expect(descriptor.maximumClockKilohertz == 65_536)
    #expect(descriptor.defaultBitsPerSecond == 9600)
    #expect(descriptor.maximumBitsPerSecond == 115_200)
    #expect(descriptor.maximumInformationFieldSize == 0xFE)
    #expect(descriptor.features.rawValue == 0x0001_04FE)
    #expect(descriptor.features.exchangeLevel == .tpdu)
    #expect(descriptor.features.contains([.automaticActivation, .automaticIFSD]))
    #expect(descriptor.maximumMessageLength == 65_554)
    #expect(descriptor.maximumPayload == 65_526)
    #expect(descriptor.pinSupport == 1)
    #expect(descriptor.maximumBusySlots == 1)
  }

  @Test("a descriptor of another length or type, or without room for a byte, is refused")
  func malformed() {
    #expect(throws: CCIDFunctionalDescriptor.Malformed.length(53)) {
      try CCIDFunctionalDescriptor(Array(qemu.dropLast()))
    }
    #expect(throws: CCIDFunctionalDescriptor.Malformed.length(55)) {
      try CCIDFunctionalDescriptor(qemu + [0])
    }
    #expect(throws: CCIDFunctionalDescriptor.Malformed.type(0x22)) {
      try CCIDFunctionalDescriptor([0x36, 0x22] + qemu.dropFirst(2))
    }
    var small = qemu
    small.replaceSubrange(44..<48, with: [10, 0, 0, 0])
    #expect(throws: CCIDFunctionalDescriptor.Malformed.messageLength(10)) {
      try CCIDFunctionalDescriptor(small)
    }
    small[44] = 11
    #expect(throws: Never.self) { try CCIDFunctionalDescriptor(small) }
  }

  @Test(
    "the exchange level is what the features say",
    arguments: [
      (0x0002_0040, .shortAPDU), (0x0001_0030, .tpdu), (0x0004_0040, .extendedAPDU),
      (0x0002_04BA, .shortAPDU), (0x0004_04BA, .extendedAPDU), (0x0004_04BE, .extendedAPDU),
      (0x0000_04BA, .character),
    ] as [(UInt32, CCIDFeatures.ExchangeLevel)])
  func levels(features: UInt32, level: CCIDFeatures.ExchangeLevel) {
    #expect(CCIDFeatures(rawValue: features).exchangeLevel == level)
  }
}
