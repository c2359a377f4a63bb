import Readers
import USBTransport
import VirtualTime

/// What a device can say of itself. The descriptors are taken apart by the laboratory, not by libusb; from
/// there on it is the product.
enum USBFuzz {
  static func run(_ bytes: [UInt8]) throws(BrokenPromise) {
    var input = FuzzInput(bytes)
    let settings = ScannerSettings.any(&input)
    let head = input.bytes(18)
    let device = USBDeviceDescriptor(head + [UInt8](repeating: 0, count: 18 - head.count))
    let interfaces = USBInterfaceDescriptor.list(configuration: input.remainder())
    for type in [UInt8(0x21), 0x24, 0xFF] {
      for interface in interfaces {
        guard let found = interface.classDescriptor(ofType: type) else { continue }
        try promise(found.count >= 2 && found[1] == type, "a descriptor of another type")
        try promise(Int(found[0]) == found.count, "a descriptor of another length")
      }
    }
    let quirks = CardReaderQuirks.of(vendor: device.vendor, product: device.product)
    if case .usable(let layout) = CardReaderLayout.find(in: interfaces, quirks: quirks) {
      let own = interfaces.filter { $0.number == layout.interface }.flatMap(\.endpoints)
      let used = [layout.bulkIn, layout.bulkOut] + (layout.interruptIn.map { [$0] } ?? [])
      try promise(used.allSatisfy(own.contains), "an endpoint that is not the interface's")
      try promise(layout.bulkIn.direction == .in && layout.bulkIn.kind == .bulk, "not bulk IN")
      try promise(layout.bulkOut.direction == .out && layout.bulkOut.kind == .bulk, "not bulk OUT")
      try promise(layout.functional.maximumPayload > 0, "a reader without room")
    }
    if case .usable(let layout) = ScannerLayout.find(device, interfaces, settings: settings) {
      try promise(!layout.interfaces.isEmpty, "a scanner without an interface")
      for number in layout.interfaces {
        try promise(interfaces.contains { $0.number == number }, "an interface it does not have")
      }
      _ = layout.canBeep
    }
    _ = DeviceCatalogue.model(device, role: nil)
  }
}
