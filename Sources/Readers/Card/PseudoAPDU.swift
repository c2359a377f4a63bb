/// Commands to the reader itself, in the form of APDUs of class `FF`.
/// Source: PC/SC part 3; ACR122U API V2.04.
package enum PseudoAPDU {
  /// The serial number of the card on the reader, 4, 7 or 10 bytes, then `90 00`.
  package static let getSerial: [UInt8] = [0xFF, 0xCA, 0x00, 0x00, 0x00]
  /// The answer to select of an ISO 14443-4 card.
  package static let getAnswerToSelect: [UInt8] = [0xFF, 0xCA, 0x01, 0x00, 0x00]
  /// ACR122U: 10 ASCII bytes, without a status word.
  package static let getFirmwareVersion: [UInt8] = [0xFF, 0x00, 0x48, 0x00, 0x00]
  /// ACR122U: `90 pp`, where the second byte is the value.
  package static let getOperatingParameter: [UInt8] = [0xFF, 0x00, 0x50, 0x00, 0x00]

  /// ACR122U: what the reader polls for; default `FF`.
  package static func setOperatingParameter(_ parameter: UInt8) -> [UInt8] {
    [0xFF, 0x00, 0x51, parameter, 0x00]
  }

  /// ACR122U: how long the reader waits for its radio, in units of 5 s; `00` does not check.
  package static func setTimeout(fiveSeconds: UInt8) -> [UInt8] {
    [0xFF, 0x00, 0x41, fiveSeconds, 0x00]
  }

  /// ACR122U: whether the reader beeps by itself when a card comes near. It does after power on.
  package static func beepOnDetection(_ on: Bool) -> [UInt8] {
    [0xFF, 0x00, 0x52, on ? 0xFF : 0x00, 0x00]
  }

  /// ACR122U: bytes for its PN532.
  ///
  /// - Precondition: 1 to 255 bytes.
  package static func direct(_ command: [UInt8]) -> [UInt8] {
    precondition((1...255).contains(command.count), "a direct transmit carries 1 to 255 bytes")
    return [0xFF, 0x00, 0x00, 0x00, UInt8(command.count)] + command
  }

  /// ACR122U: lights and buzzer. The reader confirms when the pattern has ended.
  package static func signal(_ pattern: SignalPattern) -> [UInt8] {
    [
      0xFF, 0x00, 0x40, pattern.lights, 0x04, pattern.onTime, pattern.offTime, pattern.repetitions,
      pattern.buzzer.rawValue,
    ]
  }
}

/// A LED and buzzer command of the ACR122U. Source: ACR122U API V2.04.
package struct SignalPattern: Equatable, Sendable {
  /// When the buzzer sounds.
  package enum Buzzer: UInt8, Sendable, CaseIterable {
    case silent = 0
    case duringOn, duringOff, throughout
  }

  /// Bit 0 final red, 1 final green, 2 change red, 3 change green, 4 red begins on, 5 green begins
  /// on, 6 red blinks, 7 green blinks.
  package let lights: UInt8
  /// T1, in units of 100 ms.
  package let onTime: UInt8
  /// T2, in units of 100 ms.
  package let offTime: UInt8
  /// How often the pattern is shown; 0 only sets the lights.
  package let repetitions: UInt8
  /// When it sounds in each repetition.
  package let buzzer: Buzzer

  /// A pattern.
  package init(
    lights: UInt8, onTime: UInt8, offTime: UInt8, repetitions: UInt8, buzzer: Buzzer
  ) {
    self.lights = lights
    self.onTime = onTime
    self.offTime = offTime
    self.repetitions = repetitions
    self.buzzer = buzzer
  }

  /// How long the reader is busy with it, and answers nothing.
  package var length: Duration {
    .milliseconds((Int(onTime) + Int(offTime)) * Int(repetitions) * 100)
  }
}

/// The two bytes that end an answer. Source: ISO/IEC 7816-4.
package struct StatusWord: Equatable, Sendable, CustomStringConvertible {
  /// SW1 in the high byte, SW2 in the low one.
  package let value: UInt16

  /// A status word from its number.
  package init(_ value: UInt16) {
    self.value = value
  }

  /// `90 00`.
  package static let success = StatusWord(0x9000)
  /// PC/SC part 3: the operation failed.
  package static let failed = StatusWord(0x6300)
  /// The function is not supported, for example no serial number for this card.
  package static let notSupported = StatusWord(0x6A81)

  /// The high byte: `90` with a value in the low one is what the ACR122U answers to LED commands.
  package var high: UInt8 { UInt8(value >> 8) }

  /// Four hexadecimal digits.
  package var description: String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}

/// An answer with its status word taken off.
package struct APDUAnswer: Equatable, Sendable {
  /// What precedes the status word.
  package let body: [UInt8]
  /// The last two bytes.
  package let status: StatusWord

  /// - Returns: `nil` for fewer than 2 bytes.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count >= 2 else { return nil }
    body = Array(bytes.dropLast(2))
    status = StatusWord(UInt16(bytes[bytes.count - 2]) << 8 | UInt16(bytes[bytes.count - 1]))
  }
}
