import Testing

@testable import Readers
@testable import USBTransport

@Suite struct SerialLayoutTests {
  private func device(_ vendor: UInt16, _ product: UInt16, release: UInt16 = 0)
    -> USBDeviceDescriptor
  {
    USBDeviceDescriptor(vendor: vendor, product: product, release: release, deviceClass: 0)
  }

  private func interface(
    _ number: UInt8, _ ownClass: UInt8, subclass: UInt8 = 0, bulk: (UInt8, UInt8)? = nil,
    extra: [UInt8] = []
  ) -> USBInterfaceDescriptor {
    let endpoints = bulk.map { pair in
      [pair.0, pair.1].map {
        USBEndpoint(address: $0, kind: .bulk, maxPacketSize: 64, extra: [])
      }
    }
    return USBInterfaceDescriptor(
      number: number, alternateSetting: 0, interfaceClass: ownClass, interfaceSubclass: subclass,
      interfaceProtocol: 0, endpoints: endpoints ?? [], extra: extra)
  }

  private let union: [UInt8] = [5, 0x24, 0x00, 0x10, 0x01, 5, 0x24, 0x06, 2, 5]

  @Test("a CDC-ACM line is the pair that the union descriptor names, whoever made it")
  func paired() throws {
    let interfaces = [
      interface(0, 0x03), interface(2, 0x02, subclass: 0x02, extra: union),
      interface(3, 0x0A, bulk: (0x81, 0x01)), interface(5, 0x0A, bulk: (0x84, 0x04)),
    ]
    let layout = try #require(SerialLayout.find(in: interfaces, device: device(0x1234, 0x5678)))
    #expect(layout.interfaces == [2, 5])
    #expect(layout.bridge == .cdcACM(control: 2))
    #expect(layout.bulkIn.address == 0x84)
    #expect(layout.bulkOut.address == 0x04)
  }

  @Test(
    "without a union descriptor the next data interface counts, or the endpoints beside the control"
  )
  func unpaired() {
    let control = interface(1, 0x02, subclass: 0x02)
    let layout = SerialLayout.find(
      in: [control, interface(2, 0x0A, bulk: (0x84, 0x04))], device: device(1, 2))
    #expect(layout?.interfaces == [1, 2])
    let together = interface(1, 0x02, subclass: 0x02, bulk: (0x84, 0x04))
    #expect(SerialLayout.find(in: [together], device: device(1, 2))?.interfaces == [1])
    #expect(SerialLayout.find(in: [control], device: device(1, 2)) == nil)
  }

  @Test(
    "a malformed union descriptor is no reason to fall",
    arguments: [
      [0], [1, 2], [5, 0x24, 0x06], [3, 0x24, 0x06], [255, 0x24], [5, 0x24, 0x06, 1, 99],
    ])
  func malformed(extra: [UInt8]) {
    let control = interface(1, 0x02, subclass: 0x02, extra: extra)
    let data = interface(2, 0x0A, bulk: (0x84, 0x04))
    let layout = SerialLayout.find(in: [control, data], device: device(1, 2))
    #expect(layout == nil || layout?.interfaces == [1, 2])
  }

  @Test(
    "a bridge of a maker's own class is told by its name",
    arguments: [
      (0x1A86, 0x7523, .ch34x), (0x1A86, 0x5523, .ch34x), (0x10C4, 0xEA60, .cp210x(interface: 3)),
      (0x0403, 0x6001, .ftdi(FTDIPort(release: 0x0600, interface: 3))),
    ] as [(UInt16, UInt16, SerialLayout.Bridge)])
  func named(vendor: UInt16, product: UInt16, bridge: SerialLayout.Bridge) {
    let own = interface(3, 0xFF, bulk: (0x84, 0x04))
    let found = SerialLayout.find(
      in: [own], device: device(vendor, product, release: 0x0600))
    #expect(found?.bridge == bridge)
    #expect(found?.interfaces == [3])
    #expect(SerialLayout.find(in: [own], device: device(0x1234, product)) == nil)
    #expect(
      SerialLayout.find(in: [interface(3, 0xFF)], device: device(vendor, product)) == nil)
  }

  @Test(
    "a rate that the bridge cannot make is refused with its reason",
    arguments: [
      (0x1A86, 0x7523, 45), (0x1A86, 0x7523, 3_000_001), (0x10C4, 0xEA60, 299),
      (0x10C4, 0xEA60, 921_601), (0x0403, 0x6001, 3_200_000), (0x0403, 0x6001, 0),
    ] as [(UInt16, UInt16, Int)])
  func refused(vendor: UInt16, product: UInt16, baud: Int) throws {
    let own = interface(0, 0xFF, bulk: (0x84, 0x04))
    let layout = try #require(
      SerialLayout.find(in: [own], device: device(vendor, product, release: 0x0600)))
    #expect(
      layout.refusal(of: SerialSettings(baud: baud))
        == "its serial bridge cannot make \(baud) baud")
    #expect(layout.refusal(of: SerialSettings()) == nil)
  }
}
