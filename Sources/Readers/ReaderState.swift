package import CanteenModel
import USBTransport

/// What is known about a reader at this moment, for people.
package struct ReaderState: Hashable, Sendable {
  /// Whether it can be used.
  package enum Condition: Hashable, Sendable {
    /// Being opened and set up.
    case starting
    case ready
    case away(AwayReason)
  }

  /// Where it is, or was, plugged in.
  package let reader: ReaderID
  /// udev's `ID_PATH`; `nil` where udev does not say.
  package let path: String?
  /// USB identifiers, as the device states them.
  package let vendor: UInt16
  package let product: UInt16
  /// In words, for people.
  package let model: String
  /// `nil` for a device that may be anything.
  package let role: ReaderRole?
  /// The lane that it serves; `nil` when it serves none.
  package internal(set) var lane: LaneID?
  /// At the moment of the snapshot.
  package internal(set) var condition: Condition
  /// Since the last start or reset.
  package internal(set) var ownNoises: OwnNoises
  /// It has a light or a buzzer that we can command.
  package let canSignal: Bool

  /// `072F:2200`.
  package var identifier: String {
    USBDeviceDescriptor.identifier(vendor: vendor, product: product)
  }

  /// One word for a table: `starting`, `ready`, `away`, `refused`, `misplaced` or `parked`.
  package var word: String {
    switch condition {
    case .starting: "starting"
    case .ready: "ready"
    case .away(.refused): "refused"
    case .away(.misplaced): "misplaced"
    case .away(.parked): "parked"
    case .away: "away"
    }
  }

  /// Why it is not ready; `nil` when it is.
  package var reason: String? {
    guard case .away(let reason) = condition else { return nil }
    return reason.description
  }
}

/// Whether a reader showed a signal.
package enum SignalOutcome: Hashable, Sendable {
  /// The reader has confirmed the command.
  case shown
  /// It is unplugged or starting, or did not confirm in time. Whether it showed anything is not
  /// known.
  case readerAway
  /// It has neither light nor buzzer.
  case unsupported
}
