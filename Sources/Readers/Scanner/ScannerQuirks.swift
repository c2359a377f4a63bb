import CanteenModel
import USBTransport

/// What is particular about a make of scanner, as plain values.
struct ScannerQuirks: Equatable, Sendable {
  /// The beep at a good read. Whether it is on, set-up codes say, and no scanner that is listed here
  /// tells us; none is known that lets us switch it off by a command.
  var ownNoises = OwnNoises.unknown
  /// The HID report that lets it beep once; `nil` where none is documented.
  var beep: [UInt8]?

  private static let honeywell: UInt16 = 0x0C2E

  static func of(_ device: USBDeviceDescriptor) -> ScannerQuirks {
    device.vendor == honeywell ? ScannerQuirks(beep: honeywellBeep) : ScannerQuirks()
  }

  /// Source: Honeywell, HID POS host commands: report `FD`, length, SYN, BEL, CR.
  private static let honeywellBeep: [UInt8] = [0xFD, 0x03, 0x16, 0x07, 0x0D]

  /// Between two beeps of one signal.
  static let beepPause = Duration.milliseconds(200)

  /// Beeps for a signal: one pitch and one length are all that there is. An approval has two, so that
  /// it differs from the scanner's own beep at a good read.
  static func beeps(for signal: Signal) -> Int {
    switch signal {
    case .shownAgain: 1
    case .approved: 2
    case .notTaken: 3
    case .declined: 4
    }
  }
}
