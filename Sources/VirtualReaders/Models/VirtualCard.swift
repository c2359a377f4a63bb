import CanteenModel

/// A contactless card that answers APDUs.
package struct VirtualCard: Hashable, Sendable {
  /// What the card answers to.
  package enum Kind: String, Hashable, Sendable, CaseIterable, Codable {
    /// MIFARE Classic 1K: a storage card.
    case classic1K = "classic"
    /// MIFARE Ultralight: a storage card.
    case ultralight
    /// A processor card (ISO 14443-4) whose ATR is the one of DESFire in most PC/SC stacks.
    case desfire
    /// A processor card that knows no command of a DESFire.
    case cpu
  }

  package let kind: Kind
  /// The serial number in transmit order: 4, 7 or 10 bytes. Others are allowed, to show what a
  /// driver makes of them.
  package let serial: [UInt8]

  /// It never answers to power on: a card that is broken or held too far away.
  package let isMute: Bool
  /// The frames of the version that were asked for.
  private var versionFrame = 0

  package init(kind: Kind = .classic1K, serial: [UInt8], isMute: Bool = false) {
    self.isMute = isMute
    self.kind = kind
    self.serial = serial
  }

  /// A card from hexadecimal text; 7 bytes make a DESFire, other lengths a Classic.
  package init?(serialText: String) {
    guard let serial = Hexadecimal.bytes(serialText), !serial.isEmpty else { return nil }
    self.init(kind: serial.count == 7 ? .desfire : .classic1K, serial: serial)
  }

  /// What the reader reports at power on. Source: PC/SC part 3; those of Classic and DESFire are published
  /// vectors, the others are computed.
  package var answerToReset: [UInt8] {
    switch kind {
    case .classic1K:
      [
        0x3B, 0x8F, 0x80, 0x01, 0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06, 0x03, 0x00, 0x01,
        0x00, 0x00, 0x00, 0x00, 0x6A,
      ]
    case .ultralight:
      [
        0x3B, 0x8F, 0x80, 0x01, 0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06, 0x03, 0x00, 0x03,
        0x00, 0x00, 0x00, 0x00, 0x68,
      ]
    case .desfire: [0x3B, 0x81, 0x80, 0x01, 0x80, 0x80]
    case .cpu: [0x3B, 0x80, 0x80, 0x01, 0x01]
    }
  }

  /// The card's own answer to an APDU that is not for the reader.
  ///
  /// `80 EC` returns its data: an invention of this laboratory, for long answers.
  mutating func answer(to command: [UInt8]) -> [UInt8] {
    let isProcessor = kind == .desfire || kind == .cpu
    guard isProcessor, command.count >= 4 else { return [0x6A, 0x81] }
    switch (command[0], command[1]) {
    case (0x90, 0x60) where kind == .desfire:
      versionFrame = 1
      return [0x04, 0x01, 0x01, 0x00, 0x02, 0x18, 0x05, 0x91, 0xAF]
    case (0x90, 0xAF) where versionFrame > 0:
      versionFrame = (versionFrame + 1) % 3
      return versionFrame == 2
        ? [0x04, 0x01, 0x01, 0x00, 0x06, 0x18, 0x05, 0x91, 0xAF]
        : serial.prefix(7) + [
          0xB2, 0x1B, 0x80, 0x8E, 0x36, 0x54, 0x4D, 0x40, 0x26, 0x04, 0x91, 0x00,
        ]
    case (0x80, 0xEC): return Self.body(of: command) + [0x90, 0x00]
    default: return [0x6D, 0x00]
    }
  }

  /// The data field of a short or extended command APDU. Source: ISO/IEC 7816-4.
  private static func body(of command: [UInt8]) -> [UInt8] {
    guard command.count > 5 else { return [] }
    if command[4] != 0 { return Array(command.dropFirst(5).prefix(Int(command[4]))) }
    guard command.count > 7 else { return [] }
    let length = Int(command[5]) << 8 | Int(command[6])
    return Array(command.dropFirst(7).prefix(length))
  }
}
