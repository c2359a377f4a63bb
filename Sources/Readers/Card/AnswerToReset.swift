package import CanteenModel

/// What a contactless reader makes up as the ATR of a card. Source: PC/SC part 3, ACR122U API
/// V2.04.
package struct AnswerToReset: Equatable, Sendable {
  /// Why bytes are no contactless ATR.
  package enum Malformed: Error, Equatable, Sendable {
    /// Fewer than 4 or more than 33 bytes.
    case length(Int)
    /// The first byte is not `3B`.
    case start(UInt8)
    /// The number of historical bytes in T0 and the bytes that came differ.
    case historicalBytes(stated: Int, received: Int)
    /// Interface bytes other than `80 01`, which every contactless ATR has.
    case interfaceBytes
    /// The last byte is not the XOR of those between the first and itself.
    case checksum
  }

  /// As the reader gave them.
  package let bytes: [UInt8]
  /// At most 15.
  package let historicalBytes: [UInt8]

  /// Strict: length, form and checksum must be right.
  package init(_ bytes: [UInt8]) throws(Malformed) {
    guard (5...33).contains(bytes.count) else { throw .length(bytes.count) }
    guard bytes[0] == 0x3B else { throw .start(bytes[0]) }
    guard bytes[1] & 0xF0 == 0x80, bytes[2] == 0x80, bytes[3] == 0x01 else {
      throw .interfaceBytes
    }
    let stated = Int(bytes[1] & 0x0F)
    guard bytes.count == 5 + stated else {
      throw .historicalBytes(stated: stated, received: bytes.count - 5)
    }
    guard bytes.dropFirst().reduce(0, ^) == 0 else { throw .checksum }
    self.bytes = bytes
    historicalBytes = Array(bytes[4..<4 + stated])
  }

  /// What the ATR tells about the card. A processor card is not told apart further: the same
  /// DESFire shows different ATRs at different readers.
  package var card: CardTechnology {
    let prefix: [UInt8] = [0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06]
    guard historicalBytes.count == 15, Array(historicalBytes.prefix(8)) == prefix else {
      return .processor
    }
    return CardTechnology(
      standard: historicalBytes[8],
      name: UInt16(historicalBytes[9]) << 8 | UInt16(historicalBytes[10]))
  }
}

/// The kind of card on a reader.
package enum CardTechnology: Equatable, Sendable {
  case classic1K, classic4K, ultralight, mini, topaz, feliCa212, feliCa424
  /// A storage card that the reader knows only by its SAK.
  case undefined(sak: UInt8)
  /// A storage card with a name that is not in our list.
  case otherStorage(standard: UInt8, name: UInt16)
  /// ISO/IEC 14443-4: it answers APDUs of its own.
  case processor

  /// The kind, where the ATR alone tells it. A processor card may turn out to be a DESFire or a phone.
  package var kind: CardKind {
    switch self {
    case .classic1K, .classic4K, .mini: .classic
    case .ultralight: .ultralight
    case .processor: .cpu
    case .topaz, .feliCa212, .feliCa424, .undefined, .otherStorage: .other
    }
  }

  /// - Parameters:
  ///   - standard: `03` is ISO 14443 A part 3; the published FeliCa and Topaz ATRs carry it too.
  ///   - name: The registered card name, C0 C1.
  init(standard: UInt8, name: UInt16) {
    switch name {
    case 0x0001: self = .classic1K
    case 0x0002: self = .classic4K
    case 0x0003: self = .ultralight
    case 0x0026: self = .mini
    case 0xF004: self = .topaz
    case 0xF011: self = .feliCa212
    case 0xF012: self = .feliCa424
    case 0xFF00...0xFFFF: self = .undefined(sak: UInt8(truncatingIfNeeded: name))
    default: self = .otherStorage(standard: standard, name: name)
    }
  }
}
