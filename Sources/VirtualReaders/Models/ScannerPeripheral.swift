/// A scanner at the far end of a serial line. It understands no commands.
package struct ScannerPeripheral: SerialPeripheral {
  /// What it sends after each code.
  package let suffix: [UInt8]
  /// It sends the three characters of the symbology before each code.
  package let namesSymbology: Bool
  private var faults: [ScannerFault] = []

  /// Bytes that it says at once.
  private static let piece = 48

  package init(suffix: [UInt8] = [0x0D], namesSymbology: Bool = false) {
    self.suffix = suffix
    self.namesSymbology = namesSymbology
  }

  /// See ``SerialPeripheral``.
  package mutating func received(_ bytes: [UInt8]) -> [SerialWord] { [] }

  /// See ``SerialPeripheral``.
  package mutating func reset() -> [SerialWord] { [] }

  /// See ``SerialPeripheral``: a QR code comes before its window.
  package mutating func show(_ showing: Showing) -> [SerialWord] {
    guard case .code(let code) = showing else { return [] }
    return scan(code, symbology: "]Q1")
  }

  /// A code comes before its window.
  mutating func scan(_ code: [UInt8], symbology: String) -> [SerialWord] {
    let text = (namesSymbology ? Array(symbology.utf8) : []) + code + suffix
    var pieces = stride(from: 0, to: text.count, by: Self.piece).map {
      Array(text[$0..<min($0 + Self.piece, text.count)])
    }
    switch faults.isEmpty ? nil : faults.removeFirst() {
    case .cutOff(let count), .stall(let count): pieces = Array(pieces.prefix(count))
    case .garbage: pieces.insert([UInt8](repeating: 0xFF, count: Self.piece), at: 0)
    case .shortReport: pieces.insert([0xDE, 0xAD, 0xBE], at: 0)
    case nil: break
    }
    return pieces.map { SerialWord($0) }
  }

  /// A line has no reports: a fault counts pieces, and a stall is a cut.
  package mutating func inject(_ fault: ScannerFault) {
    faults.append(fault)
  }
}
