/// What a diner shows, in the form in which accounts are bound to it. It is not the account.
package struct Credential: Hashable, Sendable {
  package enum Kind: UInt8, Sendable, CaseIterable {
    /// The serial number of a contactless card, in transmit order (ISO/IEC 14443-3). 4, 7 or 10 bytes.
    case cardSerial = 1
    /// The number of an approved request for an official meal, as ``VoucherNumber`` reads it. The operator
    /// keys it.
    case officialVoucher = 2
  }

  package let kind: Kind
  package let value: [UInt8]

  /// - Precondition: 1 to 64 bytes. A reader never reports more.
  package init(kind: Kind, value: [UInt8]) {
    precondition((1...64).contains(value.count), "a credential has 1 to 64 bytes")
    self.kind = kind
    self.value = value
  }
}

/// By what a diner was recognised.
package enum Medium: String, Hashable, Sendable, Codable, CaseIterable {
  case card
  /// A number that the operator keyed.
  case keyed
}

/// A credential shown at a reader at one moment.
package struct Presentation: Hashable, Sendable {
  package let medium: Medium
  package let credential: Credential
  package let reader: ReaderID
  /// It lay on the reader when this process looked there for the first time. It may be answered,
  /// never charged: its sale may have been paid in the life of an earlier process, and nobody may be
  /// standing there. A card that comes before the reader has settled cannot be told from it.
  package let wasThereAtStart: Bool

  package init(
    medium: Medium, credential: Credential, reader: ReaderID, wasThereAtStart: Bool = false
  ) {
    self.medium = medium
    self.credential = credential
    self.reader = reader
    self.wasThereAtStart = wasThereAtStart
  }
}

/// A reader by the port that it is plugged into: bus and port chain, as in sysfs: `1-2`, `1-1.4`.
package struct ReaderID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  package let port: String

  package init(port: String) {
    self.port = port
  }

  package static func < (left: Self, right: Self) -> Bool { left.port < right.port }

  package var description: String { port }
}

/// What a reader shows and sounds to the diner.
package enum Signal: String, Hashable, Sendable, CaseIterable {
  /// The sale is durable. Green, two rising tones.
  case approved
  /// An earlier sale is shown again, nothing was charged. Green, one tone.
  case shownAgain
  /// Refused. Red, a low tone.
  case declined
}
