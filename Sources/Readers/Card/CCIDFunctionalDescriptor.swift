/// What a CCID interface can do, from the class descriptor beside it (54 bytes).
/// Source: CCID 1.1 by way of libccid's `ccid.h`.
package struct CCIDFunctionalDescriptor: Equatable, Sendable {
  /// Binary-coded decimal: `0x0110` is 1.10.
  package let release: UInt16
  /// Slots less one.
  package let maximumSlotIndex: UInt8
  /// Bit 0 5 V, bit 1 3 V, bit 2 1.8 V.
  package let voltages: UInt8
  /// Bit 0 T=0, bit 1 T=1.
  package let protocols: UInt32
  /// dwDefaultClock.
  package let defaultClockKilohertz: UInt32
  /// dwMaximumClock.
  package let maximumClockKilohertz: UInt32
  /// dwDataRate.
  package let defaultBitsPerSecond: UInt32
  /// dwMaxDataRate.
  package let maximumBitsPerSecond: UInt32
  /// The longest information field of T=1, bytes.
  package let maximumInformationFieldSize: UInt32
  /// dwFeatures.
  package let features: CCIDFeatures
  /// The longest message in either direction, bytes, with its header of 10.
  package let maximumMessageLength: UInt32
  /// Bit 0 verification, bit 1 modification.
  package let pinSupport: UInt8
  /// Slots that may be busy at the same time.
  package let maximumBusySlots: UInt8

  /// Why bytes are no functional descriptor.
  package enum Malformed: Error, Equatable, Sendable {
    /// Not 54 bytes, or bLength says so.
    case length(Int)
    /// Neither `21` (CCID) nor `FF` (a maker's own class).
    case type(UInt8)
    /// dwMaxCCIDMessageLength leaves no room for a byte beside the header.
    case messageLength(UInt32)
  }

  /// Descriptor types that readers give it.
  package static let types: Set<UInt8> = [0x21, 0xFF]

  /// bLength.
  package static let length = 54

  /// Strict: wrong lengths and types are refused, unknown bits are kept.
  package init(_ bytes: [UInt8]) throws(Malformed) {
    guard bytes.count == Self.length, bytes[0] == Self.length else { throw .length(bytes.count) }
    guard Self.types.contains(bytes[1]) else { throw .type(bytes[1]) }
    func number(_ offset: Int) -> UInt32 {
      bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
    guard number(44) > UInt32(CCIDAnswer.headerSize) else { throw .messageLength(number(44)) }
    release = UInt16(bytes[3]) << 8 | UInt16(bytes[2])
    maximumSlotIndex = bytes[4]
    voltages = bytes[5]
    protocols = number(6)
    defaultClockKilohertz = number(10)
    maximumClockKilohertz = number(14)
    defaultBitsPerSecond = number(19)
    maximumBitsPerSecond = number(23)
    maximumInformationFieldSize = number(28)
    features = CCIDFeatures(rawValue: number(40))
    maximumMessageLength = number(44)
    pinSupport = bytes[52]
    maximumBusySlots = bytes[53]
  }

  /// Bytes of payload that fit into one message. Bounded: a reader that claims more than 64 KiB
  /// gets messages of 64 KiB.
  package var maximumPayload: Int {
    min(Int(maximumMessageLength), 65_536) - CCIDAnswer.headerSize
  }
}

/// dwFeatures.
package struct CCIDFeatures: OptionSet, Equatable, Sendable {
  /// The bits as they stand in the descriptor.
  package let rawValue: UInt32

  /// Features from their bits.
  package init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Parameters are set from the ATR by the reader.
  package static let automaticParameters = CCIDFeatures(rawValue: 0x0000_0002)
  /// A card is powered on when it comes.
  package static let automaticActivation = CCIDFeatures(rawValue: 0x0000_0004)
  /// The voltage is chosen by the reader.
  package static let automaticVoltage = CCIDFeatures(rawValue: 0x0000_0008)
  /// The clock follows the card by itself.
  package static let automaticClock = CCIDFeatures(rawValue: 0x0000_0010)
  /// The baud rate follows the card by itself.
  package static let automaticBaudRate = CCIDFeatures(rawValue: 0x0000_0020)
  /// Parameters are negotiated by the reader.
  package static let automaticNegotiation = CCIDFeatures(rawValue: 0x0000_0040)
  /// The reader makes the PPS itself.
  package static let automaticPPS = CCIDFeatures(rawValue: 0x0000_0080)
  /// The clock can be stopped.
  package static let clockStop = CCIDFeatures(rawValue: 0x0000_0100)
  /// Node addresses other than 0 are taken.
  package static let otherNAD = CCIDFeatures(rawValue: 0x0000_0200)
  /// The reader exchanges the IFSD itself.
  package static let automaticIFSD = CCIDFeatures(rawValue: 0x0000_0400)
  /// It wakes the bus when a card comes or goes.
  package static let wakeUp = CCIDFeatures(rawValue: 0x0010_0000)

  /// What a XfrBlock carries.
  package enum ExchangeLevel: String, Equatable, Sendable {
    case character
    /// The host builds the blocks of T=0 or T=1 itself.
    case tpdu = "TPDU"
    /// One complete APDU of at most 261 bytes.
    case shortAPDU = "short APDU"
    /// APDUs of any length, chained over messages.
    case extendedAPDU = "extended APDU"
  }

  /// Where more than one bit is set, the one that asks most of the reader.
  package var exchangeLevel: ExchangeLevel {
    if rawValue & 0x0004_0000 != 0 { return .extendedAPDU }
    if rawValue & 0x0002_0000 != 0 { return .shortAPDU }
    return rawValue & 0x0001_0000 != 0 ? .tpdu : .character
  }
}
