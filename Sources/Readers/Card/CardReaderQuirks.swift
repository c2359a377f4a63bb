package import CanteenModel

/// What is particular about a model of reader, as plain values. A model that is not listed is
/// driven by its descriptors alone.
package struct CardReaderQuirks: Equatable, Sendable {
  /// The interface with the contactless slot of a reader that has others; `nil` to choose by
  /// descriptor.
  package var contactlessInterface: UInt8?
  /// Slot-change notices come for every change. Where they do not, the slot is asked every
  /// ``pollingInterval``.
  package var noticesAreReliable = true
  /// Waits for a packet of no bytes after a message of whole packets.
  package var needsZeroPacket = false
  /// How its own noises are switched off after each start and reset; `nil` where no command for that was
  /// read, so that it may make some.
  package var silencing: Silencing?
  /// The light and buzzer command for each signal; `nil` for a reader that has neither.
  package var signals: SignalPatterns?

  /// Both are sent by Escape.
  package enum Silencing: Equatable, Sendable {
    /// A command that is answered with `90 00`.
    case command([UInt8])
    /// Its behaviour is read, and written where it is still the factory's; see ``BehaviourEscape``.
    case behaviour
  }

  /// Between two questions to a reader whose notices cannot be used. At most 5 wake-ups a second: a
  /// tap is seen within a fifth of a second, and a terminal with a good reader has none of this.
  package static let pollingInterval = Duration.milliseconds(200)

  /// The quirks of a model, or of any other reader.
  package static func of(vendor: UInt16, product: UInt16) -> CardReaderQuirks {
    switch (vendor, product) {
    case (0x072F, 0x2200): acr122u
    case (0x072F, 0x223B), (0x072F, 0x223E): acr1252u
    default: CardReaderQuirks()
    }
  }

  /// Source: ACR122U API V2.04; libnfc's `acr122_usb.c` for the zero packet.
  private static let acr122u = {
    var quirks = CardReaderQuirks()
    quirks.needsZeroPacket = true
    quirks.silencing = .command(PseudoAPDU.beepOnDetection(false))
    quirks.signals = .acr122u
    return quirks
  }()

  /// Interface 1, where there is one, is a SAM slot. Its light and buzzer escapes are UNVERIFIED, so they are
  /// not used; its behaviour is documented for its family.
  private static let acr1252u = {
    var quirks = CardReaderQuirks()
    quirks.contactlessInterface = 0
    quirks.silencing = .behaviour
    return quirks
  }()
}

/// The patterns of one model. Each is shorter than half a second of reader time where it can be:
/// the reader is deaf while it shows one.
package struct SignalPatterns: Equatable, Sendable {
  /// For ``Signal/approved``.
  package let approved: SignalPattern
  /// For ``Signal/shownAgain``.
  package let shownAgain: SignalPattern
  /// For ``Signal/declined``.
  package let declined: SignalPattern
  /// For ``Signal/notTaken``.
  package let notTaken: SignalPattern
  /// Lights off, no sound.
  package let dark: SignalPattern

  /// The pattern of a signal.
  package func pattern(for signal: Signal) -> SignalPattern {
    switch signal {
    case .approved: approved
    case .shownAgain: shownAgain
    case .declined: declined
    case .notTaken: notTaken
    }
  }

  /// The ACR122U's buzzer has one pitch, so the signals differ in number and length: two short
  /// sounds approve, one short sound shows again, one long sound declines, three short ones turn away.
  static let acr122u = SignalPatterns(
    approved: SignalPattern(
      lights: 0xAE, onTime: 1, offTime: 1, repetitions: 2, buzzer: .duringOn),
    shownAgain: SignalPattern(
      lights: 0xAE, onTime: 1, offTime: 1, repetitions: 1, buzzer: .duringOn),
    declined: SignalPattern(
      lights: 0x5D, onTime: 5, offTime: 1, repetitions: 1, buzzer: .duringOn),
    notTaken: SignalPattern(
      lights: 0x5D, onTime: 1, offTime: 1, repetitions: 3, buzzer: .duringOn),
    dark: SignalPattern(lights: 0x0C, onTime: 0, offTime: 0, repetitions: 0, buzzer: .silent))
}

extension SignalPattern {
  /// The same, with all lights off at its end: for a diner whose card is already gone.
  var endingDark: SignalPattern {
    SignalPattern(
      lights: lights & ~0x03, onTime: onTime, offTime: offTime, repetitions: repetitions,
      buzzer: buzzer)
  }
}
