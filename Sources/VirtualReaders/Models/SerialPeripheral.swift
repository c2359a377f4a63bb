/// What is at the far end of a serial line: a scanner, or a face module. A value without clock or I/O.
package protocol SerialPeripheral: Sendable {
  /// What the host sent, in pieces that mean nothing.
  mutating func received(_ bytes: [UInt8]) -> [SerialWord]

  /// Somebody shows it something; what it cannot see does nothing.
  mutating func show(_ showing: Showing) -> [SerialWord]

  /// What was shown is taken away.
  mutating func takeAway() -> [SerialWord]

  /// The time of a word that is an alarm has come.
  mutating func alarm(_ number: UInt64) -> [SerialWord]

  /// The bus was reset. A peripheral with a power supply of its own does not notice.
  mutating func reset() -> [SerialWord]
}

extension SerialPeripheral {
  /// Nothing is seen.
  package mutating func show(_ showing: Showing) -> [SerialWord] { [] }

  /// Nothing was seen.
  package mutating func takeAway() -> [SerialWord] { [] }

  /// Most wait for nothing.
  package mutating func alarm(_ number: UInt64) -> [SerialWord] { [] }
}

/// Something that a peripheral says, or an alarm that it sets itself.
package struct SerialWord: Equatable, Sendable {
  package let bytes: [UInt8]
  /// From now. Of words with the same time the first goes first.
  package let after: Duration
  /// With which the peripheral is called, instead of saying something.
  package let alarm: UInt64?

  /// Something that is said.
  package init(_ bytes: [UInt8], after: Duration = .zero) {
    self.bytes = bytes
    self.after = after
    alarm = nil
  }

  /// An alarm, which says nothing by itself.
  package init(alarm: UInt64, after: Duration) {
    bytes = []
    self.after = after
    self.alarm = alarm
  }
}

/// How a bridge was set.
package struct SerialLineState: Equatable, Sendable {
  /// Bits a second; `nil` before it is set. Within what the chip's divisor makes of it.
  package internal(set) var baud: Int?
  package internal(set) var isEightBitsNoParity = false
  /// CP210x: the interface is on. CH340: initialised. The others always are.
  package internal(set) var isOn: Bool
  package internal(set) var isDTRUp = false
  package internal(set) var isRTSUp = false
  /// FTDI: milliseconds.
  package internal(set) var latency = 16
  /// FTDI: bytes that end with it are sent at once.
  package internal(set) var eventByte: UInt8?
}
