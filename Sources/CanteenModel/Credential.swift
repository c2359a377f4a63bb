/// What a diner shows, in the form in which accounts are bound to it. It is not the account.
package struct Credential: Hashable, Sendable {
  package enum Kind: UInt8, Sendable, CaseIterable {
    /// The serial number of a contactless card, in transmit order (ISO/IEC 14443-3). 4, 7 or 10 bytes.
    case cardSerial = 1
    /// The number of an approved request for an official meal, as ``VoucherNumber`` reads it. The operator
    /// keys it.
    case officialVoucher = 2
    /// The SHA-256 of a scanned code, 32 bytes: whoever reads the ledger cannot print the code.
    case code = 3
    /// A face that a module knows: the terminal's number (4 bytes), the lane's (2) and the module's number
    /// for the person (2), each big endian. Another module calls somebody else by the same number.
    case face = 4
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
  /// A code on paper or on a phone.
  case code
  case face
}
