import CanteenModel
import Readers

/// What comes over a scanner's serial line.
enum SerialFuzz {
  static func run(_ bytes: [UInt8]) throws(BrokenPromise) {
    var input = FuzzInput(bytes)
    let settings = ScannerSettings.any(&input)
    let lengths = input.piece()
    let stream = input.remainder()
    try bridge(stream, packet: lengths.first ?? 0)
    var (whole, pieces) = (SerialFramer(settings: settings), SerialFramer(settings: settings))
    try promise(whole.take(stream).isEmpty, "a code of bytes that came before it listened")
    _ = (whole.lapse(), pieces.lapse())
    let readings = whole.take(stream)
    var others: [CodeReading] = []
    for piece in stream.cut(lengths) {
      others += pieces.take(piece)
      try HIDFuzz.patience(of: pieces)
    }
    try promise(readings == others, "other codes when the bytes come in other pieces")
    let text = stream.filter { $0 != 0 }
    for case .code(let code) in readings {
      let line = Array((code.symbology ?? "").utf8) + code.bytes
      try promise(settings.suffix != .none, "a code that nothing ended")
      try promise(text.holds(line), "a code nobody scanned")
      try promise(settings.takes(code), "a symbology that is not taken")
    }
    // What has no end yet is a code only where a pause is the end.
    let last = whole.lapse()
    try promise(last?.isCode != true || settings.suffix == .none, "a code ends with a pause")
    try promise(pieces.interrupt()?.isCode != true, "a code ends with a failure")
  }

  /// An FTDI bridge's status is taken off each packet, and nothing else.
  private static func bridge(_ transfer: [UInt8], packet: UInt8) throws(BrokenPromise) {
    let payload = FTDIRequest.payload(of: transfer, packetSize: Int(packet))
    var expected: [UInt8] = []
    for (index, byte) in transfer.enumerated() where index % max(1, Int(packet)) >= 2 {
      expected.append(byte)
    }
    try promise(packet == 0 || payload == expected, "a bridge's bytes are read otherwise")
  }
}

extension [UInt8] {
  /// Whether others stand in it, one after the other.
  func holds(_ part: [UInt8]) -> Bool {
    guard let first = part.first else { return true }
    return indices.contains {
      self[$0] == first && self[$0...].starts(with: part)
    }
  }
}
