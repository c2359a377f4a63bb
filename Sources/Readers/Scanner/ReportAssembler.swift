import CanteenModel

/// Puts the codes of a HID POS scanner together from its reports.
package struct ReportAssembler: CodeDecoder {
  /// Between two reports of one code. A code that pauses longer is broken.
  static let longestGap = Duration.milliseconds(300)

  private let reports: [ScannedDataReport]
  private let filter: SymbologyFilter
  private var collector = CodeCollector(pause: .breaks(after: longestGap))
  /// As the first report of a code says.
  private var symbology = SymbologyIdentifier.Stated.nothing

  /// - Parameter reports: See ``ScannedDataReport/find(in:)``.
  package init(reports: [ScannedDataReport], settings: ScannerSettings) {
    self.reports = reports
    self.filter = SymbologyFilter(accepted: settings.symbologies)
  }

  /// See ``CodeDecoder``.
  package var patience: Duration? { collector.patience }

  /// One report. One that carries no code, such as the state of a battery, changes nothing.
  package mutating func take(_ transfer: [UInt8]) -> [CodeReading] {
    guard let report = reports.first(where: { $0.matches(transfer) }) else { return [] }
    guard let part = report.part(of: transfer) else {
      return collector.breakOff().map { [.unreadable($0)] } ?? []
    }
    if !collector.isCollecting {
      symbology = part.symbology.map { SymbologyIdentifier.stated($0) } ?? .nothing
    }
    if let reason = collector.append(part.data) {
      // This report may be the last of the code that has just turned out too long.
      if !part.goesOn { _ = collector.end() }
      return [.unreadable(reason)]
    }
    guard !part.goesOn, let code = collector.end() else { return [] }
    return filter.reading(code, symbology).map { [$0] } ?? []
  }

  /// See ``CodeDecoder``.
  package mutating func lapse() -> CodeReading? {
    switch collector.lapse() {
    case .success(let code): filter.reading(code, symbology)
    case .failure: .unreadable(.brokenCode)
    case nil: nil
    }
  }

  /// See ``CodeDecoder``.
  package mutating func interrupt() -> CodeReading? {
    collector.interrupt().map { .unreadable($0) }
  }
}
