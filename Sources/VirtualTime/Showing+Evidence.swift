package import CanteenModel
package import VirtualReaders

extension Showing {
  /// As what it must be presented.
  package var evidence: Evidence {
    switch self {
    case .card(let card):
      .card(serial: card.serial, kind: CardKind(rawValue: card.kind.rawValue) ?? .other)
    case .code(let bytes): .code(ScannedCode(bytes: bytes, symbology: nil))
    case .face(let user): .face(user: user)
    }
  }
}

extension Evidence {
  /// Not every scanner says what kind of code it was.
  package var withoutSymbology: Evidence {
    guard case .code(let code) = self else { return self }
    return .code(ScannedCode(bytes: code.bytes, symbology: nil))
  }

  /// Nor is what a card is always known: one that goes while it is asked keeps its number, and is of no kind.
  package var unnamed: Evidence {
    guard case .card(let serial, _) = self else { return withoutSymbology }
    return .card(serial: serial, kind: .other)
  }
}
