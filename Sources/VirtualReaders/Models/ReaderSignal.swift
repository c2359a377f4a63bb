/// What a reader showed and sounded at one moment, as the reader itself knows it.
package struct ReaderSignal: Hashable, Sendable, Codable {
  /// Who caused it.
  package enum Origin: String, Hashable, Sendable, Codable {
    /// A command of the host.
    case host
    /// The reader by itself, because a card came near.
    case reader
  }

  /// Whether we or the reader itself did it.
  package let origin: Origin
  /// The green light is on, or blinks.
  package let green: Bool
  /// The red light is on, or blinks.
  package let red: Bool
  /// How often the buzzer sounded.
  package let beeps: Int
  /// How long one sound of the buzzer was, in milliseconds.
  package let beepMilliseconds: Int
  /// The serial number of the card on the reader at that moment, lower-case hexadecimal.
  package let card: String?

  /// A signal from its parts.
  package init(
    origin: Origin, green: Bool, red: Bool, beeps: Int, beepMilliseconds: Int, card: String?
  ) {
    self.origin = origin
    self.green = green
    self.red = red
    self.beeps = beeps
    self.beepMilliseconds = beepMilliseconds
    self.card = card
  }
}

/// A line of the signal log: the evidence for "lit".
package struct SignalLogEntry: Hashable, Sendable, Codable {
  /// `CLOCK_MONOTONIC`, nanoseconds: comparable between the processes of one machine.
  package let atNanoseconds: UInt64
  /// The reader's port, such as `1-2`.
  package let reader: String
  /// What it was.
  package let signal: ReaderSignal
}
