/// A scanner that speaks HID POS (usage page `8C`), in the forms that are found in the field.
///
/// Its reports are laid out by hand, not from its report descriptor, so that an error in reading
/// descriptors is not repeated here.
package struct HIDPOSScannerModel: DeviceModel {
  /// How its report of scanned data looks.
  package enum Form: String, Hashable, Sendable, CaseIterable {
    /// Access-IS, first descriptor: id, symbology, 56 of data, continuation. 61 bytes.
    case withoutCount
    /// Access-IS, second descriptor: the same with a byte count. 62 bytes.
    case withCount
    /// Honeywell: the same with two more bytes before the continuation. 64 bytes. It takes commands.
    case honeywell
    /// No report is numbered. 61 bytes.
    case unnumbered
    /// Microscan: id, count, 62 of data, nothing else. 64 bytes.
    case microscan
  }

  package let form: Form
  /// What the device says it is.
  package let vendor: UInt16
  package let product: UInt16
  private var faults: [ScannerFault] = []

  static let endpointIn: UInt8 = 0x84
  private static let endpointOut: UInt8 = 0x05

  package init(form: Form, vendor: UInt16 = 0x1EAB, product: UInt16 = 0x1610) {
    self.form = form
    self.vendor = vendor
    self.product = product
  }

  /// Bytes of a code in one report.
  package var room: Int { form == .microscan ? 62 : 56 }

  /// See ``DeviceModel``.
  package var deviceDescriptor: [UInt8] {
    [18, 0x01, 0x00, 0x02, 0, 0, 0, 64] + little(vendor) + little(product)
      + [0x00, 0x01, 0, 0, 0, 1]
  }

  /// See ``DeviceModel``.
  package var configurationDescriptor: [UInt8] {
    var body: [UInt8] = [9, 0x04, 0, 0, form == .honeywell ? 2 : 1, 0x03, 0, 0, 0]
    body += [9, 0x21, 0x11, 0x01, 0, 1, 0x22] + little(UInt16(reportDescriptor.count))
    body += [7, 0x05, Self.endpointIn, 0x03, 64, 0, 1]
    if form == .honeywell { body += [7, 0x05, Self.endpointOut, 0x03, 64, 0, 1] }
    return [9, 0x02] + little(UInt16(9 + body.count)) + [1, 1, 0, 0x80, 250] + body
  }

  /// See ``DeviceModel``.
  package var kernelDrivers: [UInt8: String] { [0: "usbhid"] }

  /// See ``DeviceModel``: a QR code comes before its window.
  package mutating func show(_ showing: Showing) -> [DeviceEffect] {
    guard case .code(let code) = showing else { return [] }
    return scan(code, symbology: "]Q1")
  }

  /// A code comes before its window.
  mutating func scan(_ code: [UInt8], symbology: String) -> [DeviceEffect] {
    let beep = ReaderSignal(
      origin: .reader, green: false, red: false, beeps: 1, beepMilliseconds: 100, card: nil)
    let sent = reports(of: code, symbology: Array(symbology.utf8))
    let fault = faults.isEmpty ? nil : faults.removeFirst()
    let effects =
      fault?.disturb(sent, endpoint: Self.endpointIn)
      ?? sent.map { .answer($0, endpoint: Self.endpointIn) }
    return effects + [.signal(beep)]
  }

  /// Its next scan is spoilt, after those that were asked for before.
  package mutating func inject(_ fault: ScannerFault) {
    faults.append(fault)
  }

  private func reports(of code: [UInt8], symbology: [UInt8]) -> [[UInt8]] {
    stride(from: 0, to: max(1, code.count), by: room).map { start in
      let part = Array(code.dropFirst(start).prefix(room))
      let padding = [UInt8](repeating: 0, count: room - part.count)
      let more: UInt8 = start + room < code.count ? 1 : 0
      let count = UInt8(part.count)
      return switch form {
      case .withoutCount: [0x02] + symbology + part + padding + [more]
      case .withCount: [0x02, count] + symbology + part + padding + [more]
      case .honeywell: [0x02, count] + symbology + part + padding + [0x73, 0, more]
      case .unnumbered: [count] + symbology + part + padding + [more]
      case .microscan: [0x01, count] + part + padding
      }
    }
  }

  /// The report descriptor; requests that set nothing else are taken, boot protocol is not.
  package mutating func control(setup: [UInt8], payload: [UInt8]) -> [UInt8]? {
    switch (setup[0], setup[1], setup[3]) {
    case (0x81, 0x06, 0x22): reportDescriptor
    case (0x21, 0x0A, _): []
    default: nil
    }
  }

  /// A command to the scanner: it knows how to beep.
  package mutating func received(
    _ bytes: [UInt8], on endpoint: UInt8, endedWithZeroPacket: Bool
  ) -> [DeviceEffect] {
    guard form == .honeywell, bytes.count == 64, bytes.starts(with: [0xFD, 3, 0x16, 7, 0x0D]) else {
      return [.halt(endpoint: endpoint)]
    }
    return [
      .signal(
        ReaderSignal(
          origin: .host, green: false, red: false, beeps: 1, beepMilliseconds: 100, card: nil))
    ]
  }

  /// Nothing is kept that a reset would change.
  package mutating func reset() -> [DeviceEffect] { [] }
}

// MARK: - Report descriptors

extension HIDPOSScannerModel {
  private var reportDescriptor: [UInt8] {
    switch form {
    case .withoutCount:
      // Published: Access-IS.
      [
        0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01, 0x85, 0x02, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08,
        0x95, 0x01, 0x09, 0xFB, 0x81, 0x02, 0x09, 0xFC, 0x81, 0x02, 0x09, 0xFD, 0x81, 0x02, 0x95,
        0x38, 0x09, 0xFE, 0x82, 0x02, 0x01, 0x75, 0x01, 0x95, 0x01, 0x25, 0x01, 0x09, 0xFF, 0x81,
        0x02, 0x75, 0x07, 0x81, 0x03, 0xC0,
      ]
    case .withCount: Self.counted(id: [0x85, 0x02], between: [], after: [])
    case .unnumbered: Self.counted(id: [], between: [], after: [])
    case .honeywell:
      Self.counted(
        id: [0x85, 0x02],
        // Two bytes of the maker's own page, which leaves the page of scanners behind.
        between: [0x06, 0x00, 0xFF, 0x09, 0x01, 0x09, 0x02, 0x95, 0x02, 0x81, 0x02, 0x05, 0x8C],
        after: [
          0x85, 0xFD, 0x06, 0x00, 0xFF, 0x09, 0x03, 0x75, 0x08, 0x95, 0x3F, 0x26, 0xFF, 0x00, 0x91,
          0x02,
        ])
    case .microscan:
      [
        0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01, 0x85, 0x01, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08,
        0x95, 0x01, 0x05, 0x01, 0x09, 0x3B, 0x81, 0x02, 0x05, 0x8C, 0x09, 0xFE, 0x95, 0x3E, 0x82,
        0x02, 0x01, 0xC0,
      ]
    }
  }

  /// Published: Access-IS, second descriptor; with an id and nothing else it is that, byte for byte.
  private static func counted(id: [UInt8], between: [UInt8], after: [UInt8]) -> [UInt8] {
    let head: [UInt8] = [0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01]
    let data: [UInt8] = [
      0x09, 0x12, 0xA1, 0x02, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, 0x01, 0x05, 0x01,
      0x09,
      0x3B, 0x81, 0x02, 0x95, 0x03, 0x05, 0x8C, 0x09, 0xFB, 0x09, 0xFC, 0x09, 0xFD, 0x81, 0x02,
      0x95,
      0x38, 0x09, 0xFE, 0x82, 0x02, 0x01,
    ]
    let end: [UInt8] = [
      0x25, 0x01, 0x75, 0x01, 0x95, 0x01, 0x09, 0xFF, 0x81, 0x02, 0x75, 0x07, 0x81, 0x03, 0xC0,
    ]
    return head + id + data + between + end + after + [0xC0]
  }
}
