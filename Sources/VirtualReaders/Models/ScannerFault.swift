/// A fault for a virtual scanner to show once, at its next scan.
package enum ScannerFault: Hashable, Sendable, Codable {
  /// So many reports of the code are sent, and no more.
  case cutOff(afterReports: Int)
  /// After so many reports the endpoint stalls; the rest of the code is lost.
  case stall(afterReports: Int)
  /// A report of the usual length whose bytes are all `FF` comes before the code.
  case garbage
  /// A packet of three bytes comes before the code.
  case shortReport

  /// What comes of the reports of one code.
  func disturb(_ reports: [[UInt8]], endpoint: UInt8) -> [DeviceEffect] {
    let answers = reports.map { DeviceEffect.answer($0, endpoint: endpoint) }
    return switch self {
    case .cutOff(let count): Array(answers.prefix(count))
    case .stall(let count): answers.prefix(count) + [.halt(endpoint: endpoint)]
    case .garbage:
      [.answer([UInt8](repeating: 0xFF, count: reports[0].count), endpoint: endpoint)] + answers
    case .shortReport: [.answer([0xDE, 0xAD, 0xBE], endpoint: endpoint)] + answers
    }
  }
}
