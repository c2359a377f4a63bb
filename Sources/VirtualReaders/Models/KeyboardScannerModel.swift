/// A scanner that types on a US keyboard, with a second interface for the keys of media players.
///
/// As some do, it puts a report id before each report until it is told to speak the boot protocol.
/// Bytes that no key gives are typed as numbers on the keypad, with Alt held.
package struct KeyboardScannerModel: DeviceModel {
  package let vendor: UInt16
  package let product: UInt16
  /// The key after each code: `28` Enter, `58` keypad Enter, `2B` Tab; 0 for none.
  package let suffix: UInt8
  /// The host asked for boot reports since the last reset.
  package private(set) var isBoot = false
  /// The host asked for reports on change only, since the last reset.
  package private(set) var isIdleSet = false
  private var faults: [ScannerFault] = []

  private static let keyboardIn: UInt8 = 0x83
  private static let mediaIn: UInt8 = 0x82
  private static let shiftedDigits = Array("!@#$%^&*(".utf8)
  private static let others: [UInt8] = [
    0x2D, 0x2E, 0x2F, 0x30, 0x31, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38,
  ]
  private static let plain = Array(#"-=[]\;'`,./"#.utf8)
  private static let shifted = Array(#"_+{}|:"~<>?"#.utf8)

  package init(vendor: UInt16 = 0x1EAB, product: UInt16 = 0x1603, suffix: UInt8 = 0x28) {
    self.vendor = vendor
    self.product = product
    self.suffix = suffix
  }

  /// See ``DeviceModel``.
  package var deviceDescriptor: [UInt8] {
    [18, 0x01, 0x00, 0x02, 0, 0, 0, 64] + little(vendor) + little(product)
      + [0x00, 0x01, 0, 0, 0, 1]
  }

  /// See ``DeviceModel``.
  package var configurationDescriptor: [UInt8] {
    let body: [UInt8] =
      [9, 0x04, 0, 0, 1, 0x03, 0x01, 0x01, 0]
      + [9, 0x21, 0x11, 0x01, 0, 1, 0x22] + little(UInt16(Self.keyboardReports.count))
      + [7, 0x05, Self.keyboardIn, 0x03, 16, 0, 8]
      + [9, 0x04, 1, 0, 1, 0x03, 0, 0, 0]
      + [9, 0x21, 0x11, 0x01, 0, 1, 0x22] + little(UInt16(Self.mediaReports.count))
      + [7, 0x05, Self.mediaIn, 0x03, 8, 0, 8]
    return [9, 0x02] + little(UInt16(9 + body.count)) + [2, 1, 0, 0x80, 250] + body
  }

  /// See ``DeviceModel``.
  package var kernelDrivers: [UInt8: String] { [0: "usbhid", 1: "usbhid"] }

  /// See ``DeviceModel``: a QR code comes before its window.
  package mutating func show(_ showing: Showing) -> [DeviceEffect] {
    guard case .code(let code) = showing else { return [] }
    return scan(code, symbology: "]Q1")
  }

  /// A code comes before its window.
  mutating func scan(_ code: [UInt8], symbology: String) -> [DeviceEffect] {
    var reports = code.flatMap(strokes)
    if suffix != 0 { reports += [[0, 0, suffix, 0, 0, 0, 0, 0], Self.released] }
    if !isBoot { reports = reports.map { [0x01] + $0 } }
    let fault = faults.isEmpty ? nil : faults.removeFirst()
    let beep = ReaderSignal(
      origin: .reader, green: false, red: false, beeps: 1, beepMilliseconds: 100, card: nil)
    let effects =
      fault?.disturb(reports, endpoint: Self.keyboardIn)
      ?? reports.map { .answer($0, endpoint: Self.keyboardIn) }
    return effects + [.signal(beep)]
  }

  /// Its next scan is spoilt, after those that were asked for before.
  package mutating func inject(_ fault: ScannerFault) {
    faults.append(fault)
  }

  private static let released = [UInt8](repeating: 0, count: 8)

  /// Key down and key up.
  private func strokes(_ byte: UInt8) -> [[UInt8]] {
    guard let (key, isShifted) = key(byte) else { return keypad(byte) }
    return [[isShifted ? 0x02 : 0, 0, key, 0, 0, 0, 0, 0], Self.released]
  }

  private func key(_ byte: UInt8) -> (key: UInt8, isShifted: Bool)? {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): return (byte - UInt8(ascii: "a") + 0x04, false)
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): return (byte - UInt8(ascii: "A") + 0x04, true)
    case UInt8(ascii: "1")...UInt8(ascii: "9"): return (byte - UInt8(ascii: "1") + 0x1E, false)
    case UInt8(ascii: "0"): return (0x27, false)
    case UInt8(ascii: ")"): return (0x27, true)
    case UInt8(ascii: " "): return (0x2C, false)
    default: break
    }
    if let index = Self.shiftedDigits.firstIndex(of: byte) { return (0x1E + UInt8(index), true) }
    if let index = Self.plain.firstIndex(of: byte) { return (Self.others[index], false) }
    return Self.shifted.firstIndex(of: byte).map { (Self.others[$0], true) }
  }

  /// Left Alt, a zero and three digits; the character is there when Alt is let go.
  private func keypad(_ byte: UInt8) -> [[UInt8]] {
    let digits = [0, byte / 100, byte / 10 % 10, byte % 10]
    let keys = digits.map { $0 == 0 ? 0x62 : 0x58 + $0 }
    return keys.flatMap { [[0x04, 0, $0, 0, 0, 0, 0, 0], [0x04, 0, 0, 0, 0, 0, 0, 0]] }
      + [Self.released]
  }

  /// Report descriptors, boot protocol and idle; anything else stalls.
  package mutating func control(setup: [UInt8], payload: [UInt8]) -> [UInt8]? {
    switch (setup[0], setup[1], setup[3], setup[4]) {
    case (0x81, 0x06, 0x22, 0): return Self.keyboardReports
    case (0x81, 0x06, 0x22, 1): return Self.mediaReports
    case (0x21, 0x0B, _, 0):
      isBoot = setup[2] == 0
      return []
    case (0x21, 0x0A, _, 0):
      isIdleSet = true
      return []
    default: return nil
    }
  }

  /// It has no OUT endpoint.
  package mutating func received(
    _ bytes: [UInt8], on endpoint: UInt8, endedWithZeroPacket: Bool
  ) -> [DeviceEffect] { [.halt(endpoint: endpoint)] }

  /// Back to the report protocol.
  package mutating func reset() -> [DeviceEffect] {
    isBoot = false
    isIdleSet = false
    return []
  }

  /// HID 1.11, B.1, with a report id.
  private static let keyboardReports: [UInt8] = [
    0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0x85, 0x01, 0x05, 0x07, 0x19, 0xE0, 0x29, 0xE7, 0x15, 0x00,
    0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x01, 0x95, 0x06,
    0x75, 0x08, 0x15, 0x00, 0x25, 0x65, 0x05, 0x07, 0x19, 0x00, 0x29, 0x65, 0x81, 0x00, 0xC0,
  ]

  /// Consumer page, one key of 16 bits.
  private static let mediaReports: [UInt8] = [
    0x05, 0x0C, 0x09, 0x01, 0xA1, 0x01, 0x15, 0x00, 0x26, 0x3C, 0x02, 0x19, 0x00, 0x2A, 0x3C, 0x02,
    0x75, 0x10, 0x95, 0x01, 0x81, 0x00, 0xC0,
  ]
}
