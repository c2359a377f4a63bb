import CanteenModel

/// Reads the codes of a scanner that types: reports of the HID boot keyboard. Source: HID 1.11, B.1.
///
/// A key that no code can hold, or a report that is none, breaks the code that is being typed: a code
/// with a character missing would be another code.
package struct KeyboardDecoder: CodeDecoder {
  /// Between two reports of one code. A code that pauses longer is broken.
  static let longestGap = Duration.milliseconds(100)
  /// Bytes of a boot report.
  static let reportLength = 8

  private enum Modifier {
    static let shift: UInt8 = 0x22
    static let leftAlt: UInt8 = 0x04
    static let rightAlt: UInt8 = 0x40
    /// Control and the system's key.
    static let command: UInt8 = 0x99
  }

  private enum Code {
    /// In every place of a report that had more keys than room.
    static let rollOver: UInt8 = 0x01
    static let enter: UInt8 = 0x28
    static let keypadEnter: UInt8 = 0x58
    static let tab: UInt8 = 0x2B
    static let keypadDigits: ClosedRange<UInt8> = 0x59...0x62
  }

  private let layout: KeyboardLayout
  private let suffix: ScannerSettings.Suffix
  private let filter: SymbologyFilter
  private var collector = CodeCollector(pause: .breaks(after: longestGap))
  private var pressed: [UInt8] = []
  /// The number that is typed on the keypad while Alt is held.
  private var altNumber: Int?
  private var deadCharacter: Character?

  /// Begins deaf; see ``CodeCollector``. A suffix is needed: without one no code ends.
  package init(settings: ScannerSettings) {
    layout = settings.keyboard
    suffix = settings.suffix
    filter = SymbologyFilter(accepted: settings.symbologies)
  }

  /// See ``CodeDecoder``.
  package var patience: Duration? { collector.patience }

  /// One boot report. Only keys that were not in the report before it are new: the others are held.
  package mutating func take(_ transfer: [UInt8]) -> [CodeReading] {
    guard transfer.count == Self.reportLength else { return breakOff() }
    let modifiers = transfer[0]
    let keys = transfer[2...].filter { $0 != 0 }
    // Which keys are pressed is not known: some may be missing.
    guard !keys.contains(Code.rollOver) else { return breakOff() }
    var readings: [CodeReading] = []
    if modifiers & Modifier.leftAlt == 0, let number = altNumber {
      altNumber = nil
      if let byte = UInt8(exactly: number) {
        readings += append([byte])
      } else {
        readings += breakOff()
      }
    }
    var seen = pressed
    for key in keys where !seen.contains(key) {
      seen.append(key)
      readings += press(key, modifiers)
    }
    pressed = keys
    return readings
  }

  private mutating func press(_ key: UInt8, _ modifiers: UInt8) -> [CodeReading] {
    if modifiers & Modifier.leftAlt != 0 {
      guard modifiers & Modifier.command == 0, Code.keypadDigits.contains(key) else {
        return breakOff()
      }
      let digit = Int(key - Code.keypadDigits.lowerBound + 1) % 10
      altNumber = min((altNumber ?? 0) * 10 + digit, 1000)
      // The character is not there yet, but the code has begun.
      return append([])
    }
    guard modifiers & Modifier.command == 0 else { return breakOff() }
    if isSuffix(key) { return end() }
    let level: KeyboardLayout.Level =
      modifiers & Modifier.rightAlt != 0
      ? .altGr : modifiers & Modifier.shift != 0 ? .shift : .plain
    guard let stroke = layout.stroke(key, level) else { return breakOff() }
    if let dead = deadCharacter {
      deadCharacter = nil
      guard stroke.character == " " else { return breakOff() }
      return append(Array(String(dead).utf8))
    }
    if stroke.isDead {
      deadCharacter = stroke.character
      return append([])
    }
    return append(Array(String(stroke.character).utf8))
  }

  private func isSuffix(_ key: UInt8) -> Bool {
    suffix == .tab ? key == Code.tab : key == Code.enter || key == Code.keypadEnter
  }

  private mutating func end() -> [CodeReading] {
    // An accent that still waits is a character that is missing.
    let isCut = deadCharacter != nil
    deadCharacter = nil
    guard let line = collector.end() else { return [] }
    if isCut { return [.unreadable(.brokenCode)] }
    return filter.reading(line: line).map { [$0] } ?? []
  }

  private mutating func append(_ bytes: [UInt8]) -> [CodeReading] {
    collector.append(bytes).map { [.unreadable($0)] } ?? []
  }

  private mutating func breakOff() -> [CodeReading] {
    altNumber = nil
    deadCharacter = nil
    return collector.breakOff().map { [.unreadable($0)] } ?? []
  }

  /// See ``CodeDecoder``.
  package mutating func lapse() -> CodeReading? {
    altNumber = nil
    deadCharacter = nil
    return switch collector.lapse() {
    case .failure: .unreadable(.brokenCode)
    case .success, nil: nil
    }
  }

  /// See ``CodeDecoder``. Which keys are held is not known any more either.
  package mutating func interrupt() -> CodeReading? {
    pressed = []
    altNumber = nil
    deadCharacter = nil
    return collector.interrupt().map { .unreadable($0) }
  }
}
