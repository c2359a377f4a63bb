/// A message from the host to a CCID reader. Source: CCID 1.1 by way of libccid's `commands.c`.
package enum CCIDCommand: Equatable, Sendable {
  /// The voltage that a contact card gets; contactless readers take `automatic`.
  package enum PowerSelection: UInt8, Sendable, CaseIterable {
    case automatic = 0
    case volts5, volts3, volts1Point8
  }

  case iccPowerOn(PowerSelection)
  case iccPowerOff
  case getSlotStatus
  /// `waitingTimeExtension` is bBWI, normally 0. `chain` is wLevelParameter.
  case transferBlock([UInt8], chain: CCIDChain = .whole, waitingTimeExtension: UInt8 = 0)
  case getParameters
  case resetParameters
  /// `protocolNumber` 0 is T=0 with 5 bytes, 1 is T=1 with 7 bytes.
  case setParameters([UInt8], protocolNumber: UInt8)
  /// Bytes that only this maker's reader understands.
  case escape([UInt8])
  case iccClock(stop: Bool)
  /// `changes` is bmChanges. Layout of the three message bytes: CCID 1.1, not seen in the
  /// reference.
  case t0APDU(changes: UInt8, getResponse: UInt8, envelope: UInt8)
  case secure([UInt8], chain: CCIDChain = .whole, waitingTimeExtension: UInt8 = 0)
  /// `function` is bFunction: eject, capture, lock.
  case mechanical(function: UInt8)
  /// The bulk half of an abort; the control request ``CCIDRequest/abort`` with the same sequence is
  /// the other.
  case abort
  /// Both little endian in the message: kHz, then bit/s.
  case setDataRateAndClockFrequency(clockKilohertz: UInt32, bitsPerSecond: UInt32)

  /// bMessageType.
  package var messageType: UInt8 {
    switch self {
    case .iccPowerOn: 0x62
    case .iccPowerOff: 0x63
    case .getSlotStatus: 0x65
    case .transferBlock: 0x6F
    case .getParameters: 0x6C
    case .resetParameters: 0x6D
    case .setParameters: 0x61
    case .escape: 0x6B
    case .iccClock: 0x6E
    case .t0APDU: 0x6A
    case .secure: 0x69
    case .mechanical: 0x71
    case .abort: 0x72
    case .setDataRateAndClockFrequency: 0x73
    }
  }

  /// The message that answers this one.
  package var answer: CCIDAnswer.Kind {
    switch self {
    case .iccPowerOn, .transferBlock, .secure: .dataBlock
    case .iccPowerOff, .getSlotStatus, .iccClock, .t0APDU, .mechanical, .abort: .slotStatus
    case .getParameters, .resetParameters, .setParameters: .parameters
    case .escape: .escape
    case .setDataRateAndClockFrequency: .dataRateAndClockFrequency
    }
  }

  /// The bytes on the bulk OUT endpoint.
  ///
  /// - Parameter sequence: The answer echoes it.
  package func message(slot: UInt8, sequence: UInt8) -> [UInt8] {
    let payload = payload
    let length = UInt32(payload.count)
    let lengthBytes = (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    return [messageType] + lengthBytes + [slot, sequence] + specific + payload
  }

  /// Bytes 7 to 9 of the header.
  private var specific: [UInt8] {
    switch self {
    case .iccPowerOn(let power): [power.rawValue, 0, 0]
    case .transferBlock(_, let chain, let extension_), .secure(_, let chain, let extension_):
      [extension_, chain.rawValue, 0]
    case .setParameters(_, let protocolNumber): [protocolNumber, 0, 0]
    case .iccClock(let stop): [stop ? 1 : 0, 0, 0]
    case .t0APDU(let changes, let getResponse, let envelope): [changes, getResponse, envelope]
    case .mechanical(let function): [function, 0, 0]
    case .iccPowerOff, .getSlotStatus, .getParameters, .resetParameters, .escape, .abort,
      .setDataRateAndClockFrequency:
      [0, 0, 0]
    }
  }

  private var payload: [UInt8] {
    switch self {
    case .transferBlock(let bytes, _, _), .secure(let bytes, _, _), .setParameters(let bytes, _),
      .escape(let bytes):
      bytes
    case .setDataRateAndClockFrequency(let clock, let rate):
      [clock, rate].flatMap { number in
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
      }
    case .iccPowerOn, .iccPowerOff, .getSlotStatus, .getParameters, .resetParameters, .iccClock,
      .t0APDU, .mechanical, .abort:
      []
    }
  }
}

/// Where a block stands in an APDU that is longer than a message: wLevelParameter to the reader,
/// bChainParameter from it.
package enum CCIDChain: UInt8, Sendable, CaseIterable {
  /// The APDU begins and ends with this block.
  case whole = 0x00
  /// It begins with this block and continues.
  case first = 0x01
  /// This block continues and ends it.
  case last = 0x02
  /// This block continues it, and another follows.
  case middle = 0x03
  /// An empty block: "send the next one".
  case next = 0x10

  /// Whether the other side must ask for a further block.
  package var continues: Bool { self == .first || self == .middle }
}
