package import USBTransport

/// Commands and answers over claimed pipes, one at a time. One task owns it.
///
/// A halted endpoint is cleared and the command sent once more, if it does no harm twice. A reader
/// that is busy is asked again. Whatever else goes wrong ends the session, because nobody can know
/// what the reader still has to say.
package struct CardReaderChannel {
  /// For a reader that answers at once. Every command but the first and the slow ones.
  package static let usualWait = Duration.seconds(1)
  /// The first answer after opening: an ACR122U without a card needs about a second.
  static let firstWait = Duration.seconds(2)

  /// As many times more a reader that is busy with its slot is asked, ``busyPause`` apart.
  static let busyRetries = 10
  private static let busyPause = Duration.milliseconds(50)

  private let pipes: any USBPipes
  private let clock: ReaderClock
  private let layout: CardReaderLayout
  private let needsZeroPacket: Bool
  /// The first slot is the contactless one in every reader that was seen.
  private let slot: UInt8 = 0
  /// Begins anywhere: an answer that an earlier owner left in the reader is then mostly stale.
  private var sequence = UInt8.random(in: 0...255)

  /// - Parameter needsZeroPacket: The reader waits for an empty packet after whole ones.
  package init(
    pipes: any USBPipes, clock: ReaderClock, layout: CardReaderLayout, needsZeroPacket: Bool
  ) {
    self.pipes = pipes
    self.clock = clock
    self.layout = layout
    self.needsZeroPacket = needsZeroPacket
  }

  /// - Returns: The slot's state. A reader that fails this command says "no card" in a roundabout
  ///   way.
  mutating func cardState(
    timeout: Duration = usualWait
  ) async throws(CardReaderError) -> CCIDAnswer.CardState {
    let answer = try await whenFree(.getSlotStatus, timeout: timeout)
    if case .failed(let failure) = answer.command {
      guard failure == .cardMute else { throw .refused(failure) }
      return .absent
    }
    return answer.card
  }

  /// - Returns: The ATR's bytes.
  package mutating func powerOn() async throws(CardReaderError) -> [UInt8] {
    let answer = try await whenFree(.iccPowerOn(.automatic), timeout: Self.usualWait)
    return try Self.succeeded(answer).payload
  }

  mutating func powerOff() async throws(CardReaderError) {
    _ = try await exchange(.iccPowerOff, timeout: Self.usualWait)
  }

  /// Bytes to the reader itself, with or without a card.
  mutating func escape(
    _ bytes: [UInt8], timeout: Duration = usualWait
  ) async throws(CardReaderError) -> [UInt8] {
    try Self.succeeded(try await exchange(.escape(bytes), timeout: timeout)).payload
  }

  /// An APDU to the card that is powered on, over as many messages as it needs.
  package mutating func transmit(_ command: [UInt8]) async throws(CardReaderError) -> [UInt8] {
    var exchange = APDUExchange(
      command: command, level: layout.functional.features.exchangeLevel,
      maximumPayload: layout.functional.maximumPayload)
    var action = exchange.start()
    while true {
      switch action {
      case .send(let block):
        let answer = try await self.exchange(block, timeout: Self.usualWait)
        action = exchange.received(try Self.succeeded(answer))
      case .finish(let bytes): return bytes
      case .fail(let failure): throw .broken("\(failure)")
      }
    }
  }

  /// An exchange that is repeated while the reader is busy.
  private mutating func whenFree(
    _ command: CCIDCommand, timeout: Duration
  ) async throws(CardReaderError) -> CCIDAnswer {
    for _ in 0..<Self.busyRetries {
      let answer = try await exchange(command, timeout: timeout)
      switch answer.command {
      case .failed(.slotBusy), .failed(.busyWithAutomaticSequence): break
      case .failed, .succeeded, .timeExtension: return answer
      }
      await clock.sleep(for: Self.busyPause)
      if Task.isCancelled { throw .transport(.cancelled) }
    }
    return try await exchange(command, timeout: timeout)
  }

  /// One command and its answer, whether it says yes or no.
  mutating func exchange(
    _ command: CCIDCommand, timeout: Duration
  ) async throws(CardReaderError) -> CCIDAnswer {
    do throws(CardReaderError) {
      return try await attempt(command, timeout: timeout)
    } catch {
      guard error == .transport(.stalled) else { throw error }
      do throws(USBError) {
        try await pipes.clearHalt(of: layout.bulkOut)
        try await pipes.clearHalt(of: layout.bulkIn)
      } catch {
        throw .transport(error)
      }
      guard command.isHarmlessTwice else {
        throw .broken("the endpoint was halted after message \(command.messageType)")
      }
      return try await attempt(command, timeout: timeout)
    }
  }

  private mutating func attempt(
    _ command: CCIDCommand, timeout: Duration
  ) async throws(CardReaderError) -> CCIDAnswer {
    sequence &+= 1
    var exchange = CCIDExchange(
      command: command, slot: slot, sequence: sequence, timeout: timeout)
    let length = layout.functional.maximumPayload + CCIDAnswer.headerSize
    let began = clock.now
    var action: CCIDExchange.Action
    do throws(USBError) {
      let first = try await pipes.exchange(
        exchange.message, to: layout.bulkOut, from: layout.bulkIn, length: length,
        timeout: timeout, endingWithZeroPacket: needsZeroPacket)
      action = exchange.received(first, after: clock.now - began)
    } catch {
      throw Self.error(error, doing: command)
    }
    while true {
      switch action {
      case .read(let timeout):
        do throws(USBError) {
          let bytes = try await pipes.read(
            from: layout.bulkIn, length: length, timeout: timeout)
          action = exchange.received(bytes, after: clock.now - began)
        } catch {
          throw Self.error(error, doing: command)
        }
      case .finish(let answer): return answer
      case .fail(let failure): throw .broken("\(failure)")
      }
    }
  }

  private static func error(_ error: USBError, doing command: CCIDCommand) -> CardReaderError {
    guard case .timedOut(let transferred) = error else { return .transport(error) }
    let type = command.messageType
    return .broken("no answer to message \(type) in time (\(transferred) bytes moved)")
  }

  private static func succeeded(_ answer: CCIDAnswer) throws(CardReaderError) -> CCIDAnswer {
    if case .failed(let failure) = answer.command { throw .refused(failure) }
    return answer
  }
}

extension CCIDCommand {
  /// Whether it may be sent again when nobody knows whether the reader carried it out. A light that
  /// is shown twice is another answer; of other APDUs nobody knows what they do.
  fileprivate var isHarmlessTwice: Bool {
    switch self {
    case .getSlotStatus, .iccPowerOn: true
    case .transferBlock(let bytes, let chain, _):
      chain == .whole && bytes == PseudoAPDU.getSerial
    case .iccPowerOff, .getParameters, .resetParameters, .setParameters, .escape, .iccClock,
      .t0APDU, .secure, .mechanical, .abort, .setDataRateAndClockFrequency:
      false
    }
  }
}
