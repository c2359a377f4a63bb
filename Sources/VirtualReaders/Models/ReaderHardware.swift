/// What a virtual reader is made of. The models carry the identifiers and features of real readers;
/// their endpoint addresses are ours, so that a driver that hard-codes addresses fails on them.
package struct ReaderHardware: Hashable, Sendable {
  /// One CCID interface with its endpoints.
  struct Interface: Hashable, Sendable {
    let features: UInt32
    /// Bytes, with the 10 of the header.
    let maximumMessage: UInt32
    let bulkOut: UInt8
    let bulkIn: UInt8
    let interruptIn: UInt8?
  }

  /// By which the reader is named on the command line.
  package let name: String
  /// USB identifiers, as the real reader has them.
  package let vendor: UInt16
  package let product: UInt16
  /// The first is the contactless one.
  let interfaces: [Interface]
  /// Understands the LED, buzzer and parameter pseudo-APDUs of the ACR122U.
  let hasSignals: Bool
  /// Waits for a packet of no bytes after an OUT transfer of whole packets.
  let needsZeroPacket: Bool
  /// A driver of the kernel that is bound when the reader is plugged in.
  let kernelDriver: String?

  static let packetSize = 64

  /// ACS ACR122U: short APDU, LED and buzzer. Source: CCID readers list; pn533_usb's id table.
  package static let acr122u = ReaderHardware(
    name: "acr122u", vendor: 0x072F, product: 0x2200,
    interfaces: [
      Interface(
        features: 0x0002_0040, maximumMessage: 271, bulkOut: 0x02, bulkIn: 0x82, interruptIn: 0x81)
    ], hasSignals: true, needsZeroPacket: true, kernelDriver: "pn533_usb")

  /// HID OMNIKEY 5022 CL: extended APDU, neither LED nor buzzer commands.
  package static let omnikey5022 = ReaderHardware(
    name: "omnikey5022", vendor: 0x076B, product: 0x5022,
    interfaces: [
      Interface(
        features: 0x0004_04BA, maximumMessage: 520, bulkOut: 0x05, bulkIn: 0x84, interruptIn: 0x83)
    ], hasSignals: false, needsZeroPacket: false, kernelDriver: nil)

  /// ACS ACR1252U: interface 0 is contactless, interface 1 a SAM slot.
  package static let acr1252u = ReaderHardware(
    name: "acr1252u", vendor: 0x072F, product: 0x223B,
    interfaces: [
      Interface(
        features: 0x0004_0040, maximumMessage: 522, bulkOut: 0x01, bulkIn: 0x82, interruptIn: 0x83),
      Interface(
        features: 0x0002_04BA, maximumMessage: 288, bulkOut: 0x04, bulkIn: 0x85, interruptIn: nil),
    ], hasSignals: false, needsZeroPacket: false, kernelDriver: nil)

  /// ACS ACR38U family: TPDU level, which a driver for contactless cards refuses.
  package static let acr38u = ReaderHardware(
    name: "acr38u", vendor: 0x072F, product: 0x90CC,
    interfaces: [
      Interface(
        features: 0x0001_0030, maximumMessage: 271, bulkOut: 0x02, bulkIn: 0x82, interruptIn: 0x81)
    ], hasSignals: false, needsZeroPacket: false, kernelDriver: nil)

  /// No real reader (a test identifier of pid.codes): short APDU without an interrupt endpoint.
  package static let withoutInterrupt = ReaderHardware(
    name: "without-interrupt", vendor: 0x1209, product: 0x0001,
    interfaces: [
      Interface(
        features: 0x0002_0040, maximumMessage: 271, bulkOut: 0x01, bulkIn: 0x81, interruptIn: nil)
    ], hasSignals: false, needsZeroPacket: false, kernelDriver: nil)

  /// Every model, in the order in which help texts list them.
  package static let all = [acr122u, omnikey5022, acr1252u, acr38u, withoutInterrupt]
}
