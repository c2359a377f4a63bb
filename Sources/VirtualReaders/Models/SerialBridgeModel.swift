/// A serial bridge with a peripheral behind it, or a device that makes such a line up (CDC-ACM). Sources:
/// Linux `ch341.c`, `cp210x.c`, `ftdi_sio.h`, `cdc.h`.
///
/// A line that is set to another rate than the peripheral's carries garbage in both directions. Written
/// apart from the driver's requests. Not modelled: the time that bytes take on the line, and the status
/// packets of an idle FTDI chip (one comes before each word instead).
package struct SerialBridgeModel: DeviceModel {
  /// Which chip.
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case cdcACM, ch340, cp2102, ft232r, ft232h
  }

  package let kind: Kind
  package private(set) var line: SerialLineState
  let vendor: UInt16
  let product: UInt16
  private let peripheralBaud: Int
  private var peripheral: any SerialPeripheral
  /// A chip of version `27` or before wants bit 7 of its divisor clear.
  private let version: UInt8

  /// - Parameters:
  ///   - identifiers: The chip's own, unless it is a device of another maker that speaks like it.
  ///   - baud: What the peripheral speaks.
  ///   - version: A CH340's.
  package init(
    _ kind: Kind, peripheral: any SerialPeripheral,
    identifiers: (vendor: UInt16, product: UInt16)? = nil, baud: Int = 115_200,
    version: UInt8 = 0x31
  ) {
    self.kind = kind
    self.peripheral = peripheral
    self.version = version
    peripheralBaud = baud
    (vendor, product) = identifiers ?? kind.identifiers
    line = Self.unset(kind)
  }

  private static func unset(_ kind: Kind) -> SerialLineState {
    SerialLineState(isOn: kind != .cp2102 && kind != .ch340)
  }

  /// See ``DeviceModel``.
  package mutating func reset() -> [DeviceEffect] {
    line = Self.unset(kind)
    return effects(of: peripheral.reset())
  }

  /// See ``DeviceModel``.
  package mutating func received(
    _ bytes: [UInt8], on endpoint: UInt8, endedWithZeroPacket: Bool
  ) -> [DeviceEffect] {
    guard endpoint == kind.bulkOut else { return [.halt(endpoint: endpoint)] }
    guard line.isOn else { return [] }
    return effects(of: peripheral.received(carried(bytes)))
  }

  /// See ``DeviceModel``: the peripheral sees it.
  package mutating func show(_ showing: Showing) -> [DeviceEffect] {
    effects(of: peripheral.show(showing))
  }

  /// See ``DeviceModel``.
  package mutating func takeAway() -> [DeviceEffect] { effects(of: peripheral.takeAway()) }

  /// See ``DeviceModel``.
  package mutating func alarm(_ number: UInt64) -> [DeviceEffect] {
    effects(of: peripheral.alarm(number))
  }

  /// Lets something happen to the peripheral, if it is of this type.
  package mutating func act<Peripheral: SerialPeripheral>(
    on type: Peripheral.Type, _ action: (inout Peripheral) -> [SerialWord]
  ) -> [DeviceEffect] {
    guard var known = peripheral as? Peripheral else { return [] }
    let words = action(&known)
    peripheral = known
    return effects(of: words)
  }

  /// A copy of the peripheral as it is now.
  func peripheral<Peripheral: SerialPeripheral>(_ type: Peripheral.Type) -> Peripheral? {
    peripheral as? Peripheral
  }

  /// Whether both ends of the line agree, as far as the receiver's middle of the bit forgives.
  private var isInTune: Bool {
    guard let baud = line.baud, line.isEightBitsNoParity else { return false }
    return abs(baud - peripheralBaud) * 33 <= peripheralBaud
  }

  private func carried(_ bytes: [UInt8]) -> [UInt8] {
    isInTune ? bytes : bytes.map { ~($0 << 1 | $0 >> 7) }
  }

  private func effects(of words: [SerialWord]) -> [DeviceEffect] {
    // What a peripheral says to a line that is not open is lost.
    let isOpen = line.isOn && (kind != .cdcACM || line.isDTRUp)
    return words.flatMap { word -> [DeviceEffect] in
      if let alarm = word.alarm { return [.alarm(alarm, after: word.after)] }
      guard isOpen else { return [] }
      return transfers(of: carried(word.bytes)).map {
        .answer($0, endpoint: kind.bulkIn, after: word.after)
      }
    }
  }

  /// FTDI: a status packet of its own, then up to four packets a transfer, each with its status. The
  /// others: a packet a transfer.
  private func transfers(of bytes: [UInt8]) -> [[UInt8]] {
    let isFTDI = kind == .ft232r || kind == .ft232h
    let status: [UInt8] = isFTDI ? [0x01, 0x60] : []
    let room = kind.packetSize - status.count
    let packets = stride(from: 0, to: bytes.count, by: room).map {
      status + bytes[$0..<min($0 + room, bytes.count)]
    }
    guard isFTDI else { return packets }
    let perTransfer = kind == .ft232h ? 1 : 4
    return [status]
      + stride(from: 0, to: packets.count, by: perTransfer).map {
        Array(packets[$0..<min($0 + perTransfer, packets.count)].joined())
      }
  }
}

// MARK: - Requests

extension SerialBridgeModel {
  /// See ``DeviceModel``. What the chip does not know stalls.
  package mutating func control(setup: [UInt8], payload: [UInt8]) -> [UInt8]? {
    let value = UInt16(setup[2]) | UInt16(setup[3]) << 8
    let index = UInt16(setup[4]) | UInt16(setup[5]) << 8
    switch kind {
    case .cdcACM: return classRequest(setup[0], setup[1], value, index, payload)
    case .ch340: return wchRequest(setup[0], setup[1], value, index)
    case .cp2102: return siliconLabsRequest(setup[0], setup[1], value, index, payload)
    case .ft232r, .ft232h: return ftdiRequest(setup[0], setup[1], value, index)
    }
  }

  private mutating func classRequest(
    _ type: UInt8, _ request: UInt8, _ value: UInt16, _ index: UInt16, _ payload: [UInt8]
  ) -> [UInt8]? {
    guard type == 0x21, index == 0 else { return nil }
    switch request {
    case 0x20 where payload.count == 7:
      line.baud = number(payload.prefix(4))
      line.isEightBitsNoParity = payload.suffix(3) == [0, 0, 8]
    case 0x22: (line.isDTRUp, line.isRTSUp) = (value & 1 != 0, value & 2 != 0)
    default: return nil
    }
    return []
  }

  private mutating func wchRequest(
    _ type: UInt8, _ request: UInt8, _ value: UInt16, _ index: UInt16
  ) -> [UInt8]? {
    switch (type, request, value) {
    case (0xC0, 0x5F, _): return [version, 0]
    case (0x40, 0xA1, _):
      line.isOn = true
      line.isEightBitsNoParity = version < 0x30
    case (0x40, 0x9A, 0x1312):
      // Bit 7 the wrong way round: the chip sends only when 32 bytes have come, which is as good as never.
      let sendsAtOnce = (index & 0x80 != 0) == (version > 0x27)
      let power = 12 - 3 * (Int(index) & 3) - (Int(index) >> 2 & 1)
      line.baud = sendsAtOnce ? (48_000_000 / (0x100 - Int(index >> 8))) >> power : nil
    case (0x40, 0x9A, 0x2518): line.isEightBitsNoParity = index == 0xC3
    case (0x40, 0xA4, _): (line.isDTRUp, line.isRTSUp) = (value & 0x20 == 0, value & 0x40 == 0)
    default: return nil
    }
    return []
  }

  private mutating func siliconLabsRequest(
    _ type: UInt8, _ request: UInt8, _ value: UInt16, _ index: UInt16, _ payload: [UInt8]
  ) -> [UInt8]? {
    guard type == 0x41, index == 0 else { return nil }
    switch request {
    case 0x00: line.isOn = value == 1
    case 0x1E where payload.count == 4: line.baud = number(payload[...])
    case 0x03: line.isEightBitsNoParity = value == 0x0800
    case 0x07:
      if value & 0x0100 != 0 { line.isDTRUp = value & 1 != 0 }
      if value & 0x0200 != 0 { line.isRTSUp = value & 2 != 0 }
    case 0x13 where payload.count == 16, 0x12: break
    default: return nil
    }
    return []
  }

  private mutating func ftdiRequest(
    _ type: UInt8, _ request: UInt8, _ value: UInt16, _ index: UInt16
  ) -> [UInt8]? {
    guard type == 0x40 else { return nil }
    switch request {
    case 0x00, 0x02: break
    case 0x01:
      if value & 0x0100 != 0 { line.isDTRUp = value & 1 != 0 }
      if value & 0x0200 != 0 { line.isRTSUp = value & 2 != 0 }
    case 0x03: line.baud = ftdiBaud(value, high: kind == .ft232h ? index >> 8 : index)
    case 0x04: line.isEightBitsNoParity = value == 8
    case 0x06: line.eventByte = value & 0x0100 != 0 ? UInt8(value & 0xFF) : nil
    case 0x09: line.latency = Int(value)
    default: return nil
    }
    return []
  }

  private func ftdiBaud(_ value: UInt16, high: UInt16) -> Int {
    let eighths = [0, 4, 2, 1, 3, 5, 6, 7][Int(value >> 14) | Int(high & 1) << 2]
    let clock = high & 2 != 0 ? 12_000_000 : 3_000_000
    switch (value, high & 1) {
    case (0, 0): return clock
    case (1, 0): return clock * 2 / 3
    default: return clock * 8 / (Int(value & 0x3FFF) * 8 + eighths)
    }
  }

  private func number(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
