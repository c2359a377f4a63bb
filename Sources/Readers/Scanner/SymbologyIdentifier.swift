import CanteenModel

/// The three characters that name the symbology of a code. Source: ISO/IEC 15424 (AIM).
enum SymbologyIdentifier {
  /// `]`, a letter, and a modifier.
  static let length = 3

  /// What a report says in its own fields.
  enum Stated: Equatable {
    /// The scanner does not say.
    case nothing
    case named(String)
    /// Something that is no name.
    case malformed
  }

  static func stated(_ bytes: [UInt8]) -> Stated {
    if bytes.allSatisfy({ $0 == 0 || $0 == 0x20 }) { return .nothing }
    return text(bytes).map { .named($0) } ?? .malformed
  }

  /// Takes the name off the beginning of a code, where there is one.
  static func split(_ bytes: [UInt8]) -> (symbology: String?, code: [UInt8]) {
    guard let text = text(Array(bytes.prefix(length))) else { return (nil, bytes) }
    return (text, Array(bytes.dropFirst(length)))
  }

  private static func text(_ bytes: [UInt8]) -> String? {
    guard bytes.count == length, bytes[0] == UInt8(ascii: "]"), isLetter(bytes[1]),
      isLetter(bytes[2]) || (0x30...0x39).contains(bytes[2])
    else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}

/// Which codes are taken.
struct SymbologyFilter: Equatable, Sendable {
  /// Beginnings of names, such as `]Q`. Empty takes every code.
  let accepted: [String]

  /// What Honeywell scanners name their own answers to commands: no code was scanned.
  private static let ownAnswers = ["]X", "]Z"]

  /// - Returns: `nil` for no code at all.
  func reading(_ code: [UInt8], _ stated: SymbologyIdentifier.Stated) -> CodeReading? {
    guard !code.isEmpty else { return nil }
    guard code.count <= ScannedCode.longest else { return .unreadable(.brokenCode) }
    switch stated {
    case .nothing: return .code(ScannedCode(bytes: code, symbology: nil))
    case .malformed: return .unreadable(.wrongSymbology)
    case .named(let name):
      if accepted.isEmpty || accepted.contains(where: name.hasPrefix) {
        return .code(ScannedCode(bytes: code, symbology: name))
      }
      return Self.ownAnswers.contains(where: name.hasPrefix) ? nil : .unreadable(.wrongSymbology)
    }
  }

  /// The same for a code that may have its name before it.
  func reading(line: [UInt8]) -> CodeReading? {
    let (symbology, code) = SymbologyIdentifier.split(line)
    return reading(code, symbology.map { .named($0) } ?? .nothing)
  }
}
