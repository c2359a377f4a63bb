import CanteenModel
import VirtualReaders

extension Showing {
  /// As what it must be presented.
  var evidence: Evidence {
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
  var withoutSymbology: Evidence {
    guard case .code(let code) = self else { return self }
    return .code(ScannedCode(bytes: code.bytes, symbology: nil))
  }
}
