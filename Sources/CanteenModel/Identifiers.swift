/// A terminal, by the number that the centre gave it. 1 or more.
package struct TerminalID: NumberedIdentity, Comparable {
  package let number: UInt32

  package init(_ number: UInt32) {
    self.number = number
  }

  package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// One life of a terminal's journal. The centre issues the number; sequences start again at 1 in each epoch.
package struct Epoch: NumberedIdentity, Comparable {
  package let number: UInt32

  package init(_ number: UInt32) {
    self.number = number
  }

  package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// The place of a record in its epoch: 1 or more, without gaps. 0 means "before the first record".
///
/// Range: below 2^63 - 1; the wire refuses more, so that both databases hold it in a signed integer.
package struct SequenceNumber: NumberedIdentity, Comparable {
  package let number: UInt64

  package init(_ number: UInt64) {
    self.number = number
  }

  package static let none = SequenceNumber(0)

  package var next: SequenceNumber { SequenceNumber(number + 1) }

  package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// A place in a terminal's life: the epoch first, then the sequence in it.
package struct JournalPosition: Hashable, Comparable, Sendable, Codable {
  package let epoch: Epoch
  package let sequence: SequenceNumber

  package init(epoch: Epoch, sequence: SequenceNumber) {
    self.epoch = epoch
    self.sequence = sequence
  }

  package static func < (left: Self, right: Self) -> Bool {
    (left.epoch, left.sequence) < (right.epoch, right.sequence)
  }
}

/// A diner's account at the centre. Opaque: it says nothing about the person.
///
/// Range: 1 to 2^63 - 1, so that both databases hold it in their signed 64-bit integer.
package struct AccountID: NumberedIdentity, Comparable {
  package let number: Int64

  package init(_ number: Int64) {
    self.number = number
  }

  package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// A unit of the programme (单位): it pays for its people, and may have canteens. 1 or more.
package struct UnitID: NumberedIdentity, Comparable {
  package let number: UInt32

  package init(_ number: UInt32) {
    self.number = number
  }

  package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// Whoever runs canteens and is paid for it (经营者). 1 or more.
package struct CatererID: NumberedIdentity, Comparable {
  package let number: UInt32

  package init(_ number: UInt32) {
    self.number = number
  }

  package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// A counter of one terminal: a place where one diner at a time pays. 1 or more.
package struct LaneID: NumberedIdentity, Comparable {
  package let number: UInt16

  package init(_ number: UInt16) {
    self.number = number
  }

  package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

extension TerminalID: CustomStringConvertible {
  package var description: String { "\(number)" }
}

extension Epoch: CustomStringConvertible {
  package var description: String { "\(number)" }
}

extension SequenceNumber: CustomStringConvertible {
  package var description: String { "\(number)" }
}

extension AccountID: CustomStringConvertible {
  package var description: String { "\(number)" }
}

extension UnitID: CustomStringConvertible {
  package var description: String { "\(number)" }
}

extension CatererID: CustomStringConvertible {
  package var description: String { "\(number)" }
}

extension LaneID: CustomStringConvertible {
  package var description: String { "\(number)" }
}
