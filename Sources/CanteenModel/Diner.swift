/// A canteen, by the number that the centre gave it. 1 or more.
package struct CanteenID: NumberedIdentity, Comparable {
  package let number: UInt32

  package init(_ number: UInt32) {
    self.number = number
  }

  package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// A group of diners for whom a canteen has prices of its own: staff, contractors, children. 0 is
/// everybody who is in no group.
package struct DinerCategory: NumberedIdentity {
  package let number: UInt16

  package init(_ number: UInt16) {
    self.number = number
  }

  package static let ordinary = DinerCategory(0)
}

/// How hard it is to pretend to be the holder of a credential (ARCHITECTURE.md, Offline).
package enum TrustClass: UInt8, Hashable, Comparable, Sendable, Codable, CaseIterable {
  /// Nobody stands behind it: a guest card. Spends leases only.
  case anonymous = 0
  /// Bound to a person, easily copied: a serial number, MIFARE Classic, a static code.
  case weak = 1
  /// A dynamic code, a face with liveness.
  case medium = 2
  /// A card that authenticates itself.
  case strong = 3

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Where a terminal stands, by the centre's signed roster.
package struct TerminalPlace: Hashable, Sendable, Codable {
  package let canteen: CanteenID
  /// Whether it is the only terminal of its canteen, so that it is a whole domain by itself.
  package let isOnlyTerminal: Bool
  /// The other terminals of the canteen, by number. At most ``peerLimit``.
  package let peers: [PeerAddress]

  package static let peerLimit = 256

  package init(canteen: CanteenID, isOnlyTerminal: Bool, peers: [PeerAddress] = []) {
    self.canteen = canteen
    self.isOnlyTerminal = isOnlyTerminal
    self.peers = peers
  }
}

/// Another terminal of the canteen, and where it listens for its neighbours.
package struct PeerAddress: Hashable, Sendable, Codable {
  package let terminal: TerminalID
  /// `nil` where nobody said so: it is not asked.
  package let url: String?

  package init(terminal: TerminalID, url: String?) {
    self.terminal = terminal
    self.url = url
  }
}
