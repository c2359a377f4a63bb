import CanteenModel

/// A CCID reader with at most one card on its contactless slot. Source: CCID 1.1; ACR122U API
/// V2.04.
///
/// It is written apart from the driver's codec, so that an error in one is not repeated in the
/// other. Not modelled: the time that a LED pattern takes (the command is confirmed at once).
package struct CCIDReaderModel: DeviceModel {
  /// What the reader is made of.
  package let hardware: ReaderHardware
  /// Whether the reader beeps by itself when a card comes near.
  package var beepsOnDetection: Bool { behaviour.map { $0 & 0x08 != 0 } ?? isBeepOn }
  private var isBeepOn: Bool
  /// What it shows and sounds by itself, kept without power; `nil` where it cannot be asked.
  private var behaviour: UInt8?
  /// How often that was written.
  package private(set) var behaviourWrites = 0
  private(set) var card: VirtualCard?
  private(set) var isPowered = false
  private var lights: (red: Bool, green: Bool) = (false, false)
  private var operatingParameter: UInt8 = 0xFF
  private var faults: [ReaderFault] = []
  /// The command blocks of a chain that is not complete yet.
  private var chainedCommand: [UInt8] = []
  /// What the host has still to ask for.
  private var chainedAnswer: [UInt8] = []

  package init(hardware: ReaderHardware) {
    self.hardware = hardware
    self.behaviour = hardware.behaviour
    self.isBeepOn = hardware.hasSignals
  }

  /// See ``DeviceModel``.
  package var deviceDescriptor: [UInt8] { hardware.deviceDescriptor }
  /// See ``DeviceModel``.
  package var configurationDescriptor: [UInt8] { hardware.configurationDescriptor }
  /// A driver of the kernel is bound to interface 0, if to any.
  package var kernelDrivers: [UInt8: String] { hardware.kernelDriver.map { [0: $0] } ?? [:] }

  /// See ``DeviceModel``: a card is laid on it.
  package mutating func show(_ showing: Showing) -> [DeviceEffect] {
    guard case .card(let card) = showing else { return [] }
    return place(card)
  }

  /// See ``DeviceModel``.
  package mutating func takeAway() -> [DeviceEffect] { take() }

  /// Lays a card on the reader; one that lies there is taken away first.
  package mutating func place(_ card: VirtualCard) -> [DeviceEffect] {
    let removal = self.card == nil ? [] : take()
    self.card = card
    isPowered = false
    var effects = removal + notice(0b11)
    if beepsOnDetection {
      let beep = ReaderSignal(
        origin: .reader, green: lights.green, red: lights.red, beeps: 1, beepMilliseconds: 100,
        card: Hexadecimal.text(card.serial))
      effects.append(.signal(beep))
    }
    return effects
  }

  /// Takes the card away.
  package mutating func take() -> [DeviceEffect] {
    guard card != nil else { return [] }
    card = nil
    isPowered = false
    return notice(0b10)
  }

  /// The card loses its power without having moved, and the reader says that something changed.
  package mutating func losePower() -> [DeviceEffect] {
    isPowered = false
    return notice(0b11)
  }

  /// Sends a notice of its own accord, whatever the card does.
  package mutating func chatter(_ bits: UInt8) -> [DeviceEffect] { notice(bits) }

  /// Shows a fault on the next answer, after those that were asked for before.
  package mutating func inject(_ fault: ReaderFault) {
    faults.append(fault)
  }

  /// Own beep on, lights off, card unpowered; the card stays where it lies.
  package mutating func reset() -> [DeviceEffect] {
    isBeepOn = hardware.hasSignals
    isPowered = false
    lights = (false, false)
    chainedCommand = []
    chainedAnswer = []
    return []
  }

  /// Clock frequencies, data rates and abort; anything else stalls.
  package mutating func control(setup: [UInt8], payload: [UInt8]) -> [UInt8]? {
    switch (setup[0], setup[1]) {
    case (0xA1, 0x02): little(UInt32(4000))
    case (0xA1, 0x03): little(UInt32(9600))
    case (0x21, 0x01): []
    default: nil
    }
  }

  /// A message on a bulk OUT endpoint; its answer is on the bulk IN endpoint of the same interface.
  package mutating func received(
    _ bytes: [UInt8], on endpoint: UInt8, endedWithZeroPacket: Bool
  ) -> [DeviceEffect] {
    guard let interface = hardware.interfaces.first(where: { $0.bulkOut == endpoint }) else {
      return [.halt(endpoint: endpoint)]
    }
    let isWholePackets = bytes.count.isMultiple(of: ReaderHardware.packetSize)
    if hardware.needsZeroPacket, isWholePackets, !endedWithZeroPacket { return [] }
    guard bytes.count >= 10 else { return [.halt(endpoint: interface.bulkIn)] }
    let isContactless = interface == hardware.interfaces[0]
    var signals: [DeviceEffect] = []
    let answer = isContactless ? answer(to: bytes, signals: &signals) : emptySlot(bytes)
    return signals + disturb(answer, endpoint: interface.bulkIn)
  }

  /// The answer as a fault that is due leaves it.
  private mutating func disturb(_ answer: [UInt8], endpoint: UInt8) -> [DeviceEffect] {
    guard !faults.isEmpty else { return [.answer(answer, endpoint: endpoint)] }
    switch faults.removeFirst() {
    case .mute, .unplug: return []
    case .garbage:
      return [.answer([0xDE, 0xAD] + [UInt8](repeating: 0xA5, count: 21), endpoint: endpoint)]
    case .shortFrame: return [.answer(Array(answer.prefix(5)), endpoint: endpoint)]
    case .lengthMismatch:
      var wrong = answer
      wrong[1] &+= 1
      return [.answer(wrong, endpoint: endpoint)]
    case .stall: return [.halt(endpoint: endpoint)]
    case .timeExtension(let multiplier, let delay):
      var request = Array(answer.prefix(10))
      request.replaceSubrange(1...4, with: [0, 0, 0, 0])
      (request[7], request[8], request[9]) = (request[7] & 0x03 | 0x80, multiplier, 0)
      return [
        .answer(request, endpoint: endpoint),
        .answer(answer, endpoint: endpoint, after: .milliseconds(delay)),
      ]
    case .staleSequence(let count):
      let stale = (1...max(1, count)).map { distance in
        var old = answer
        old[6] &-= UInt8(truncatingIfNeeded: distance)
        return DeviceEffect.answer(old, endpoint: endpoint)
      }
      return stale + [.answer(answer, endpoint: endpoint)]
    case .zeroPacket:
      return [.answer([], endpoint: endpoint), .answer(answer, endpoint: endpoint)]
    case .partial:
      let packet = (answer + [UInt8](repeating: 0, count: 64)).prefix(ReaderHardware.packetSize)
      return [.partialAnswer(Array(packet), endpoint: endpoint)]
    case .failure(let error):
      var failed = Array(answer.prefix(10))
      failed.replaceSubrange(1...4, with: [0, 0, 0, 0])
      (failed[7], failed[8]) = (failed[7] & 0x03 | 0x40, error)
      return [.answer(failed, endpoint: endpoint)]
    }
  }

  private func notice(_ bits: UInt8) -> [DeviceEffect] {
    guard let endpoint = hardware.interfaces[0].interruptIn else { return [] }
    return [.notice([0x50, bits], endpoint: endpoint)]
  }
}

// MARK: - Messages

extension CCIDReaderModel {
  /// 0 present and active, 1 present and inactive, 2 absent.
  private var slotState: UInt8 { card == nil ? 2 : isPowered ? 0 : 1 }

  private mutating func answer(to message: [UInt8], signals: inout [DeviceEffect]) -> [UInt8] {
    let payload = Array(message.dropFirst(10))
    let length = message[1...4].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length == payload.count else { return failed(message, error: 0x01) }
    guard message[5] == 0 else { return failed(message, error: 0x05) }
    switch message[0] {
    case 0x62:
      guard let card, !card.isMute else { return failed(message, error: 0xFE) }
      isPowered = true
      return reply(0x80, to: message, payload: card.answerToReset)
    case 0x63:
      isPowered = false
      return reply(0x81, to: message, last: 1)
    case 0x65: return reply(0x81, to: message, last: isPowered ? 0 : 1)
    case 0x6E, 0x72: return reply(0x81, to: message)
    case 0x6F: return transferBlock(message, payload, signals: &signals)
    case 0x6B:
      let answer = readerCommand(payload, signals: &signals) ?? [0x63, 0x00]
      return reply(0x83, to: message, payload: answer)
    case 0x6C, 0x6D, 0x61:
      return reply(0x82, to: message, last: 1, payload: [0x11, 0x10, 0, 0x4D, 0, 0xFE, 0])
    case 0x73: return reply(0x84, to: message, payload: little(UInt32(4000)) + little(UInt32(9600)))
    default: return failed(message, error: 0x00)
    }
  }

  private mutating func transferBlock(
    _ message: [UInt8], _ payload: [UInt8], signals: inout [DeviceEffect]
  ) -> [UInt8] {
    guard card != nil, isPowered else { return failed(message, error: 0xFE) }
    let isExtended = hardware.interfaces[0].features & 0x0007_0000 == 0x0004_0000
    switch (isExtended ? message[8] : 0) {
    case 0x01, 0x03:
      chainedCommand += payload
      return reply(0x80, to: message, last: 0x10)
    case 0x10: return nextBlock(to: message, isFirst: false)
    default:
      let command = chainedCommand + payload
      chainedCommand = []
      let answer = command.first == 0xFF ? readerCommand(command, signals: &signals) : nil
      chainedAnswer = answer ?? card?.answer(to: command) ?? []
      return nextBlock(to: message, isFirst: true)
    }
  }

  private mutating func nextBlock(to message: [UInt8], isFirst: Bool) -> [UInt8] {
    let room = Int(hardware.interfaces[0].maximumMessage) - 10
    let block = Array(chainedAnswer.prefix(room))
    chainedAnswer = Array(chainedAnswer.dropFirst(room))
    let chain: UInt8 =
      switch (isFirst, chainedAnswer.isEmpty) {
      case (true, true): 0x00
      case (true, false): 0x01
      case (false, true): 0x02
      case (false, false): 0x03
      }
    return reply(0x80, to: message, last: chain, payload: block)
  }

  private func reply(
    _ type: UInt8, to message: [UInt8], last: UInt8 = 0, payload: [UInt8] = []
  ) -> [UInt8] {
    [type] + little(UInt32(payload.count)) + [message[5], message[6], slotState, 0, last] + payload
  }

  private func failed(_ message: [UInt8], error: UInt8) -> [UInt8] {
    let type: UInt8 = [0x62, 0x6F, 0x69].contains(message[0]) ? 0x80 : 0x81
    return [type, 0, 0, 0, 0, message[5], message[6], slotState | 0x40, error, 0]
  }

  /// What a slot without a card answers to anything.
  private func emptySlot(_ message: [UInt8]) -> [UInt8] {
    [0x81, 0, 0, 0, 0, message[5], message[6], 0x42, 0xFE, 0]
  }
}

// MARK: - Commands to the reader

extension CCIDReaderModel {
  /// The answer to a pseudo-APDU; `nil` for one that this reader does not know.
  private mutating func readerCommand(
    _ command: [UInt8], signals: inout [DeviceEffect]
  ) -> [UInt8]? {
    guard command.count >= 5 else { return nil }
    if let known = behaviour, command.starts(with: [0xE0, 0x00, 0x00, 0x21]) {
      let isWrite = command[4] == 1 && command.count == 6
      if isWrite {
        behaviour = command[5]
        behaviourWrites += 1
      }
      return [0xE1, 0x00, 0x00, 0x00, 0x01, isWrite ? command[5] : known]
    }
    guard command[0] == 0xFF else { return nil }
    if command[1] == 0xCA {
      guard let card, isPowered else { return [0x63, 0x00] }
      return command[2] == 0 ? card.serial + [0x90, 0x00] : [0x6A, 0x81]
    }
    guard hardware.hasSignals, command[1] == 0x00 else { return [0x6D, 0x00] }
    switch (command[2], command.count) {
    case (0x40, 9): return signalCommand(command, signals: &signals)
    case (0x48, 5): return Array("ACR122U201".utf8)
    case (0x50, 5): return [0x90, operatingParameter]
    case (0x51, 5):
      operatingParameter = command[3]
      return [0x90, operatingParameter]
    case (0x41, 5): return [0x90, 0x00]
    case (0x52, 5):
      isBeepOn = command[3] == 0xFF
      return [0x90, 0x00]
    case (0x00, 7) where command[5...] == [0xD4, 0x02]:
      return [0xD5, 0x03, 0x32, 0x01, 0x04, 0x07, 0x90, 0x00]
    default: return [0x63, 0x00]
    }
  }

  /// `FF 00 40 P2 04 T1 T2 repetitions buzzer`: bits 2 and 3 of P2 say which final state counts.
  private mutating func signalCommand(
    _ command: [UInt8], signals: inout [DeviceEffect]
  ) -> [UInt8] {
    let lightBits = command[3]
    if lightBits & 0x04 != 0 { lights.red = lightBits & 0x01 != 0 }
    if lightBits & 0x08 != 0 { lights.green = lightBits & 0x02 != 0 }
    let (on, off, repetitions, buzzer) = (command[5], command[6], command[7], command[8])
    let soundsPerRound = Int(buzzer & 1) + Int(buzzer >> 1 & 1)
    let units = Int(buzzer & 1 != 0 ? on : off)
    signals.append(
      .signal(
        ReaderSignal(
          origin: .host, green: lights.green || repetitions > 0 && lightBits & 0x80 != 0,
          red: lights.red || repetitions > 0 && lightBits & 0x40 != 0,
          beeps: Int(repetitions) * soundsPerRound, beepMilliseconds: units * 100,
          card: card.map { Hexadecimal.text($0.serial) })))
    return [0x90, (lights.red ? 1 : 0) | (lights.green ? 2 : 0)]
  }
}
