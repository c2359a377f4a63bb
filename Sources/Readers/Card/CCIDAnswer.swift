/// A message from a CCID reader on its bulk IN endpoint. Source: CCID 1.1 by way of libccid.
package struct CCIDAnswer: Equatable, Sendable {
  /// bMessageType.
  package enum Kind: UInt8, Sendable, CaseIterable {
    case dataBlock = 0x80
    case slotStatus, parameters, escape, dataRateAndClockFrequency
  }

  /// Bits 1 and 0 of bStatus.
  package enum CardState: UInt8, Sendable, CaseIterable {
    /// Present and powered.
    case active = 0
    /// Present, not powered: a card that came since the last power on.
    case inactive
    case absent
  }

  /// Bits 7 and 6 of bStatus.
  package enum CommandState: Equatable, Sendable {
    case succeeded
    case failed(CCIDFailure)
    /// The reader needs this many times its usual waiting time. No new command may be sent.
    case timeExtension(multiplier: UInt8)
  }

  /// Why bytes are no message.
  package enum Malformed: Error, Equatable, Sendable {
    /// Fewer than the 10 bytes of a header.
    case short(count: Int)
    /// dwLength and the bytes that came differ.
    case lengthMismatch(stated: Int, received: Int)
    case unknownType(UInt8)
    /// Bits of bStatus that have no meaning: state 3 of either field.
    case unknownStatus(UInt8)
  }

  /// Which message it is.
  package let kind: Kind
  /// 0 for the first.
  package let slot: UInt8
  /// Of the command that this answers.
  package let sequence: UInt8
  /// Of the slot, after the command.
  package let card: CardState
  /// How the command ended.
  package let command: CommandState
  /// Byte 9: bChainParameter, bClockStatus or bProtocolNum, by ``kind``.
  package let specific: UInt8
  /// What follows the header.
  package let payload: [UInt8]

  /// Bytes before the payload, in both directions.
  package static let headerSize = 10

  /// Where a data block stands; `nil` when byte 9 is no chain parameter.
  package var chain: CCIDChain? { CCIDChain(rawValue: specific) }

  /// bError is looked at only when the command failed or wants time: the ACR122U leaves other
  /// values there in answers that are good.
  package init(_ bytes: [UInt8]) throws(Malformed) {
    guard bytes.count >= Self.headerSize else { throw .short(count: bytes.count) }
    let stated = bytes[1...4].reversed().reduce(0) { $0 << 8 | Int($1) }
    #if SEEDED_BUGS
      if SeededCodecBug.planted == .statedLengthIsBelieved, stated < 4096 {
        let sum = bytes.withUnsafeBufferPointer { message in
          (0..<stated).reduce(0) { $0 &+ Int(message[Self.headerSize + $1]) }
        }
        precondition(sum >= 0, "every byte was read")
      }
    #endif
    guard stated == bytes.count - Self.headerSize else {
      throw .lengthMismatch(stated: stated, received: bytes.count - Self.headerSize)
    }
    guard let kind = Kind(rawValue: bytes[0]) else { throw .unknownType(bytes[0]) }
    guard let card = CardState(rawValue: bytes[7] & 0b11) else { throw .unknownStatus(bytes[7]) }
    self.kind = kind
    self.card = card
    switch bytes[7] >> 6 {
    case 0: command = .succeeded
    case 1: command = .failed(CCIDFailure(code: bytes[8]))
    case 2: command = .timeExtension(multiplier: bytes[8])
    default: throw .unknownStatus(bytes[7])
    }
    slot = bytes[5]
    sequence = bytes[6]
    specific = bytes[9]
    payload = Array(bytes.dropFirst(Self.headerSize))
  }
}

/// bError of a command that failed. Source: CCID 1.1 by way of libccid's `ccid.h`.
package enum CCIDFailure: Equatable, Sendable {
  case commandNotSupported
  /// The offending byte of the command, 1 to 127: 1 is dwLength, 5 the slot.
  case badByte(index: UInt8)
  case cardNotSupported, answerToResetTooLong, noDataExchanged
  case messageTooLongInEMVMode, protocolErrorInEMVMode, cardErrorInT1, wrongCommandLength
  case slotBusy, pinCancelled, pinTimeout, busyWithAutomaticSequence, deactivatedProtocol
  case procedureByteConflict, classNotSupported, protocolNotSupported
  case badAnswerToResetChecksum, badAnswerToResetStart
  case hardwareError, overrun, parityError
  /// No card, or one that does not answer.
  case cardMute
  case abortedByHost
  /// A code that has no meaning in the specification.
  case other(UInt8)

  /// The meaning of bError; meaningful only when the command failed.
  package init(code: UInt8) {
    switch code {
    case 0x00: self = .commandNotSupported
    case 0x01...0x7F: self = .badByte(index: code)
    default: self = Self.named[code] ?? .other(code)
    }
  }

  private static let named: [UInt8: CCIDFailure] = [
    0xA2: .cardNotSupported, 0xA3: .answerToResetTooLong, 0xAB: .noDataExchanged,
    0xB0: .messageTooLongInEMVMode, 0xBB: .protocolErrorInEMVMode, 0xBD: .cardErrorInT1,
    0xBE: .wrongCommandLength, 0xE0: .slotBusy, 0xEF: .pinCancelled, 0xF0: .pinTimeout,
    0xF2: .busyWithAutomaticSequence, 0xF3: .deactivatedProtocol, 0xF4: .procedureByteConflict,
    0xF5: .classNotSupported, 0xF6: .protocolNotSupported, 0xF7: .badAnswerToResetChecksum,
    0xF8: .badAnswerToResetStart, 0xFB: .hardwareError, 0xFC: .overrun, 0xFD: .parityError,
    0xFE: .cardMute, 0xFF: .abortedByHost,
  ]
}
