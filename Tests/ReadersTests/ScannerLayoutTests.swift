import CanteenModel
import Testing

@testable import Readers
@testable import USBTransport

@Suite struct ScannerLayoutTests {
  private func device(_ vendor: UInt16, _ product: UInt16) -> USBDeviceDescriptor {
    USBDeviceDescriptor(vendor: vendor, product: product, release: 0, deviceClass: 0)
  }

  private func hid(_ number: UInt8, isKeyboard: Bool = false, length: UInt16? = 65)
    -> USBInterfaceDescriptor
  {
    let endpoint = USBEndpoint(
      address: 0x81 + number, kind: .interrupt, maxPacketSize: 8, extra: [])
    let extra = length.map { [9, 0x21, 0x11, 1, 0, 1, 0x22, UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    return USBInterfaceDescriptor(
      number: number, alternateSetting: 0, interfaceClass: 0x03,
      interfaceSubclass: isKeyboard ? 1 : 0, interfaceProtocol: isKeyboard ? 1 : 0,
      endpoints: [endpoint], extra: extra ?? [])
  }

  private func serial() -> [USBInterfaceDescriptor] {
    let pair = [UInt8(0x84), 0x04].map {
      USBEndpoint(address: $0, kind: .bulk, maxPacketSize: 64, extra: [])
    }
    return [(UInt8(4), UInt8(0x02), UInt8(0x02), []), (5, 0x0A, 0, pair)].map {
      USBInterfaceDescriptor(
        number: $0.0, alternateSetting: 0, interfaceClass: $0.1, interfaceSubclass: $0.2,
        interfaceProtocol: 0, endpoints: $0.3, extra: [])
    }
  }

  private func find(
    _ device: USBDeviceDescriptor, _ interfaces: [USBInterfaceDescriptor], role: ReaderRole? = nil,
    suffix: ScannerSettings.Suffix = .newline
  ) -> ReaderDriver.Finding {
    var settings = ScannerSettings()
    settings.suffix = suffix
    return ReaderDriver.find(
      device, interfaces,
      place: role.map {
        ReaderPlan.Place(socket: "1-2", lane: LaneID(1), role: $0, scanner: settings)
      })
  }

  private func claimed(_ finding: ReaderDriver.Finding) -> [UInt8]? {
    guard case .usable(let driver) = finding else { return nil }
    return driver.interfaces
  }

  @Test("a keyboard is a scanner only by its name, or because the settings say so")
  func neverGuessed() {
    let keyboard = [hid(0, isKeyboard: true), hid(1)]
    #expect(find(device(0x046D, 0xC31C), keyboard) == .noReader)
    #expect(find(device(0x046D, 0xC31C), keyboard, role: .card) == .noReader)
    #expect(claimed(find(device(0x046D, 0xC31C), keyboard, role: .scanner)) == [0, 1])
    #expect(claimed(find(device(0x1EAB, 0x1603), keyboard)) == [0, 1])
  }

  @Test("a bridge is a scanner only because the settings say so")
  func bridges() {
    let device = device(0x1A86, 0x55D3)
    guard case .refused(let reason) = find(device, serial()) else {
      Issue.record("it was not refused")
      return
    }
    #expect(reason.contains("canteen.readers"))
    #expect(claimed(find(device, serial(), role: .scanner)) == [4, 5])
    #expect(claimed(find(self.device(0x1EAB, 0x1606), serial())) == [4, 5])
  }

  @Test("of a device with a serial line and HID the line is read, unless its name says HID")
  func both() {
    let interfaces = [hid(0)] + serial()
    #expect(claimed(find(device(0x1EAB, 0x1606), interfaces)) == [4, 5])
    #expect(claimed(find(device(1, 2), interfaces, role: .scanner)) == [4, 5])
    #expect(claimed(find(device(0x1EAB, 0x1610), interfaces)) == [0])
  }

  @Test("a scanner that types and has no suffix is refused: a cut code could not be told")
  func suffix() {
    let finding = find(
      device(0x1EAB, 0x1603), [hid(0, isKeyboard: true)], role: .scanner, suffix: .none)
    #expect(finding == .refused("a scanner that types must send a suffix after each code"))
    #expect(
      claimed(find(device(0x1EAB, 0x1606), serial(), role: .scanner, suffix: .none)) == [4, 5])
  }

  @Test("a socket for a scanner with something else in it is no reader")
  func nothing() {
    let storage = USBInterfaceDescriptor(
      number: 0, alternateSetting: 0, interfaceClass: 0x08, interfaceSubclass: 6,
      interfaceProtocol: 0x50, endpoints: [], extra: [])
    #expect(find(device(1, 2), [storage], role: .scanner) == .noReader)
    #expect(find(device(1, 2), [], role: .scanner) == .noReader)
  }

  @Test(
    "the length of the report descriptor is what the device says, at most 4096",
    arguments: [(UInt16(65), 65), (4096, 4096), (4097, 4096), (nil, 4096)])
  func descriptorLength(stated: UInt16?, asked: Int) {
    let found = ScannerLayout.find(
      device(1, 2), [hid(0, length: stated)], settings: ScannerSettings())
    guard case .usable(let layout) = found, case .hid(let interfaces) = layout.way else {
      Issue.record("\(found)")
      return
    }
    #expect(interfaces.map(\.descriptorLength) == [asked])
  }

  @Test("only a Honeywell scanner that does not type can be made to beep")
  func beeps() {
    for (vendor, isKeyboard, canBeep) in [
      (UInt16(0x0C2E), false, true), (0x0C2E, true, false), (0x1EAB, false, false),
    ] {
      let finding = find(device(vendor, 0x9999), [hid(0, isKeyboard: isKeyboard)], role: .scanner)
      guard case .usable(let driver) = finding else {
        Issue.record("\(finding)")
        continue
      }
      #expect(driver.canSignal == canBeep)
    }
    #expect(ScannerQuirks.of(device(0x0C2E, 0)).beep == hex("FD 03 16 07 0D"))
  }
}
