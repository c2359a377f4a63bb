/// The serial number of a card, judged.
package enum SerialReading: Equatable, Sendable {
  /// 4, 7 or 10 bytes in transmit order.
  case success([UInt8])
  case failure(Unreadable)

  /// - Parameter answer: The answer to ``PseudoAPDU/getSerial``; `nil` when the reader refused the
  ///   command. An ACR122U answers nothing at all when the card has just left.
  package init(answer: [UInt8]?) {
    guard let answer, let parsed = APDUAnswer(answer) else {
      self = .failure(.mute)
      return
    }
    switch parsed.status {
    case .success: self.init(serial: parsed.body)
    case .notSupported: self = .failure(.noSerial)
    default: self = .failure(.mute)
    }
  }

  /// A random number (ISO/IEC 14443-3: 4 bytes that begin with `08`) is another at every tap: taken
  /// for an identity it would charge a stranger one day.
  private init(serial: [UInt8]) {
    switch serial.count {
    case 4 where serial[0] == 0x08: self = .failure(.randomSerial)
    case 4, 7, 10: self = .success(serial)
    default: self = .failure(.oddSerial)
    }
  }
}
