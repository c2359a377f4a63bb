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
  /// What it shows and sounds by itself when it is plugged in; `nil` where it does not understand the
  /// behaviour escapes of the ACR1252U's family.
  package var behaviour: UInt8?
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
    ], hasSignals: false, behaviour: 0x7F, needsZeroPacket: false, kernelDriver: nil)

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

  /// Contactless readers that are here for their descriptors: extended APDU level, one slot with an
  /// interrupt endpoint, no light or buzzer that could be commanded. Features and lengths of the first three
  /// are the CCID project's; those of the others are assumed.
  package static let others = [
    plain("acr1552u", 0x072F, 0x2303, 0x0004_04BA, 516),
    plain("r502-cl", 0x096E, 0x0608, 0x0004_04BE, 271),
    plain("utrust3700f", 0x04E6, 0x5790, 0x0004_04BE, 1034),
    plain("scl011", 0x04E6, 0x5293), plain("cloud4700f", 0x04E6, 0x5720),
    plain("utrust3701f", 0x04E6, 0x5791), plain("acr1252u-reader", 0x072F, 0x223E),
    plain("omnikey5025", 0x076B, 0x502A), plain("omnikey5422", 0x076B, 0x5422),
    plain("omnikey5427", 0x076B, 0x5427), plain("prox-su", 0x08E6, 0x5504),
    plain("r502", 0x096E, 0x060D), plain("twn4", 0x09D8, 0x0427),
  ]

  private static func plain(
    _ name: String, _ vendor: UInt16, _ product: UInt16, _ features: UInt32 = 0x0004_04BA,
    _ maximumMessage: UInt32 = 271
  ) -> ReaderHardware {
    ReaderHardware(
      name: name, vendor: vendor, product: product,
      interfaces: [
        Interface(
          features: features, maximumMessage: maximumMessage, bulkOut: 0x02, bulkIn: 0x82,
          interruptIn: 0x81)
      ], hasSignals: false, needsZeroPacket: false, kernelDriver: nil)
  }

  /// Those that a driver for contactless cards can use.
  package static var usable: [ReaderHardware] { all.filter { $0.name != acr38u.name } }

  /// Every model, in the order in which help texts list them.
  package static let all = [acr122u, omnikey5022, acr1252u, acr38u, withoutInterrupt] + others
}
