/// What a diner showed at a reader at one moment. It is not yet a credential, and never an account.
package struct Presentation: Hashable, Sendable {
  package let evidence: Evidence
  package let reader: ReaderID
  /// It lay on the reader when this process looked there for the first time. It may be answered,
  /// never charged: its sale may have been paid in the life of an earlier process, and nobody may be
  /// standing there. A card that comes before the reader has settled cannot be told from it.
  package let wasThereAtStart: Bool

  package init(evidence: Evidence, reader: ReaderID, wasThereAtStart: Bool = false) {
    self.evidence = evidence
    self.reader = reader
    self.wasThereAtStart = wasThereAtStart
  }
}

/// What a reader saw.
package enum Evidence: Hashable, Sendable {
  /// The serial number of a contactless card, in transmit order: 4, 7 or 10 bytes.
  case card(serial: [UInt8], kind: CardKind)
  case code(ScannedCode)
  /// The number of a person in the module that recognised them, alive.
  case face(user: UInt16)

  package var medium: Medium {
    switch self {
    case .card: .card
    case .code: .code
    case .face: .face
    }
  }
}

/// A code as it was printed or shown, without what the scanner adds.
package struct ScannedCode: Hashable, Sendable {
  /// A scanner's longest code; a QR code of version 40 holds 2953 bytes.
  package static let longest = 4096

  /// 1 to ``longest``. UTF-8, GBK or binary, as the code has it.
  package let bytes: [UInt8]
  /// The three characters that name the symbology (ISO/IEC 15424), such as `]Q1`; `nil` when the scanner
  /// did not say.
  package let symbology: String?

  /// - Precondition: 1 to ``longest`` bytes.
  package init(bytes: [UInt8], symbology: String?) {
    precondition((1...Self.longest).contains(bytes.count), "a code has 1 to 4096 bytes")
    self.bytes = bytes
    self.symbology = symbology
  }
}

/// What a contactless card is, as far as it says so itself. It proves nothing.
package enum CardKind: String, Hashable, Sendable, Codable, CaseIterable {
  /// MIFARE Classic and Mini: a storage card whose cipher is broken.
  case classic
  /// MIFARE Ultralight: a storage card.
  case ultralight
  case desfire
  /// A processor card (ISO/IEC 14443-4) that is no DESFire, such as a PBOC card.
  case cpu
  /// A phone or watch: a processor card that makes up a new serial number at every tap.
  case phone
  /// FeliCa, Topaz and others.
  case other
}
