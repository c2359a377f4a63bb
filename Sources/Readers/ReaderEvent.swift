package import CanteenModel

/// What the readers of a terminal tell it.
package enum ReaderEvent: Equatable, Sendable {
  /// A reader works: it was plugged in, or has recovered.
  case ready(ReaderDescription)
  /// A card came. Said once for as long as it lies there, also when the reader is reset or plugged
  /// in anew meanwhile.
  case presented(Presentation)
  /// The card of the last `presented` or `unreadable` went away. Not said of one that went while
  /// the reader was away.
  case removed(ReaderID)
  /// A card came that cannot be an identity. Said once for as long as it lies there.
  case unreadable(ReaderID, UnreadableCard)
  /// A reader does not work any more, or cannot be used. It comes back by itself with `ready`.
  case away(ReaderID, AwayReason)
}

/// A reader that works.
package struct ReaderDescription: Hashable, Sendable {
  /// Where it is plugged in.
  package let reader: ReaderID
  /// In words, for people: `ACS ACR122U`.
  package let model: String
  /// USB identifiers, as the device states them.
  package let vendor: UInt16
  package let product: UInt16
  /// It has a light or a buzzer that we can command.
  package let canSignal: Bool
}

/// Why a card is no identity.
package enum UnreadableCard: String, Hashable, Sendable, CaseIterable {
  /// It gives a new serial number at every tap (4 bytes, the first is `08`), to protect its holder.
  case randomSerial
  /// It did not answer; often it was not held long enough.
  case mute
  /// The reader has no serial number for this kind of card.
  case noSerial
  /// Its serial number has neither 4, 7 nor 10 bytes.
  case oddSerial
}

/// Why a reader does not work.
package enum AwayReason: Hashable, Sendable, CustomStringConvertible {
  case unplugged
  /// The device node is not ours: the udev rule is missing.
  case accessDenied
  /// Another program, such as pcscd, has claimed it. We try again.
  case busy
  /// It broke the protocol or went silent. We reset it and try again.
  case failed(String)
  /// It is a reader that we cannot drive. We do not try again before it is plugged in anew.
  case refused(String)

  /// In words, with what to look for.
  package var description: String {
    switch self {
    case .unplugged: "unplugged"
    case .accessDenied: "no permission to open it: is the udev rule installed?"
    case .busy: "claimed by another program: is pcscd running?"
    case .failed(let reason): "failed: \(reason)"
    case .refused(let reason): "refused: \(reason)"
    }
  }
}
