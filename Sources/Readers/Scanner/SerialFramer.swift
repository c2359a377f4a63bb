import CanteenModel

/// Cuts the codes of a serial scanner out of its stream of bytes. How the bytes are grouped in
/// transfers says nothing.
package struct SerialFramer: CodeDecoder {
  /// Between two bytes of one code that has a suffix. A code that pauses longer is broken.
  static let longestGap = Duration.milliseconds(300)
  /// After the last byte of a code that has none.
  static let idleTime = Duration.milliseconds(100)

  private let suffix: ScannerSettings.Suffix
  private let filter: SymbologyFilter
  private var collector: CodeCollector
  /// With ``ScannerSettings/Suffix/both``: a carriage return that may be the first half of one.
  private var heldReturn = false

  /// Begins deaf; see ``CodeCollector``.
  package init(settings: ScannerSettings) {
    suffix = settings.suffix
    filter = SymbologyFilter(accepted: settings.symbologies)
    collector = CodeCollector(
      pause: settings.suffix == .none
        ? .ends(after: Self.idleTime) : .breaks(after: Self.longestGap))
  }

  /// See ``CodeDecoder``.
  package var patience: Duration? { collector.patience }

  /// Bytes as they come. Zeros are dropped.
  package mutating func take(_ transfer: [UInt8]) -> [CodeReading] {
    var readings: [CodeReading] = []
    for byte in transfer where byte != 0 {
      if let reading = take(byte) { readings.append(reading) }
    }
    return readings
  }

  private mutating func take(_ byte: UInt8) -> CodeReading? {
    let isReturn = byte == UInt8(ascii: "\r")
    let isFeed = byte == UInt8(ascii: "\n")
    switch suffix {
    case .newline where isReturn || isFeed, .carriageReturn where isReturn,
      .lineFeed where isFeed, .tab where byte == UInt8(ascii: "\t"):
      return end()
    case .both:
      let held = heldReturn
      heldReturn = isReturn
      if held, isFeed { return end() }
      if held, let broken = append(UInt8(ascii: "\r")) { return broken }
      return isReturn ? nil : append(byte)
    case .newline, .carriageReturn, .lineFeed, .tab, .none: return append(byte)
    }
  }

  private mutating func append(_ byte: UInt8) -> CodeReading? {
    collector.append(CollectionOfOne(byte)).map { .unreadable($0) }
  }

  private mutating func end() -> CodeReading? {
    collector.end().flatMap { filter.reading(line: $0) }
  }

  /// See ``CodeDecoder``.
  package mutating func lapse() -> CodeReading? {
    heldReturn = false
    return switch collector.lapse() {
    case .success(let code): filter.reading(line: code)
    case .failure: .unreadable(.brokenCode)
    case nil: nil
    }
  }

  /// See ``CodeDecoder``.
  package mutating func interrupt() -> CodeReading? {
    heldReturn = false
    return collector.interrupt().map { .unreadable($0) }
  }
}
