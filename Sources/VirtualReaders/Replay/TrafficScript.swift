import CanteenModel

/// What went between a host and a device, in order, as text:
///
///     0.000 c 8106002200002800 058C0902…
///     1.250 > 02 65000000000005000000
///     1.900 < 82 81000000000005020000
///
/// Milliseconds since the first line; then a control transfer (`c`, its set-up, its data stage or `stall`),
/// a transfer to the device (`>`, endpoint, bytes), one from it (`<`; `stall` for a halt), or a bus reset
/// (`r 00`). Lines that begin with `#` are comments.
package struct TrafficScript: Hashable, Sendable {
  package enum Transfer: Hashable, Sendable {
    case out(endpoint: UInt8, bytes: [UInt8])
    case into(endpoint: UInt8, bytes: [UInt8])
    /// - Parameter data: What the data stage carried in either direction; `nil` for a stall.
    case control(setup: [UInt8], data: [UInt8]?)
    /// The endpoint halted.
    case halt(endpoint: UInt8)
    case reset
  }

  package struct Line: Hashable, Sendable {
    package let at: Duration
    package let transfer: Transfer

    /// A line from its parts.
    package init(at: Duration, transfer: Transfer) {
      (self.at, self.transfer) = (at, transfer)
    }
  }

  /// A line that is none.
  package struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
    package let line: String

    /// In words, with the line.
    package var description: String { "not a line of traffic: \(line)" }
  }

  package let lines: [Line]

  /// A script from its lines, sorted by time.
  package init(lines: [Line]) {
    self.lines = lines
  }

  /// Reads the text form.
  package init(_ text: some StringProtocol) throws(Malformed) {
    var lines: [Line] = []
    for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
      guard let parsed = Line(String(line)) else { throw Malformed(line: String(line)) }
      lines.append(parsed)
    }
    self.lines = lines
  }

  /// The text form.
  package var text: String { lines.map(\.text).joined(separator: "\n") + "\n" }
}

extension TrafficScript.Line {
  fileprivate init?(_ text: String) {
    let words = text.split(separator: " ")
    guard words.count >= 3, let milliseconds = Double(words[0]), milliseconds >= 0 else {
      return nil
    }
    let at = Duration.microseconds(Int64(milliseconds * 1000))
    let rest = words.dropFirst(3).joined()
    if words[1] == "c" {
      guard let setup = Hexadecimal.bytes(words[2]), setup.count == 8 else { return nil }
      if rest == "stall" {
        self.init(at: at, transfer: .control(setup: setup, data: nil))
      } else {
        guard let data = Hexadecimal.bytes(rest) else { return nil }
        self.init(at: at, transfer: .control(setup: setup, data: data))
      }
      return
    }
    guard let endpoint = UInt8(words[2], radix: 16) else { return nil }
    if words[1] == "<", rest == "stall" {
      self.init(at: at, transfer: .halt(endpoint: endpoint))
      return
    }
    guard let bytes = Hexadecimal.bytes(rest) else { return nil }
    switch words[1] {
    case "r": self.init(at: at, transfer: .reset)
    case ">": self.init(at: at, transfer: .out(endpoint: endpoint, bytes: bytes))
    case "<": self.init(at: at, transfer: .into(endpoint: endpoint, bytes: bytes))
    default: return nil
    }
  }

  fileprivate var text: String {
    let (seconds, attoseconds) = at.components
    let microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    let rest = "\(microseconds % 1000 + 1000)".dropFirst()
    let time = "\(microseconds / 1000).\(rest)"
    return switch transfer {
    case .out(let endpoint, let bytes):
      "\(time) > \(Hexadecimal.text([endpoint])) \(Hexadecimal.text(bytes))"
    case .into(let endpoint, let bytes):
      "\(time) < \(Hexadecimal.text([endpoint])) \(Hexadecimal.text(bytes))"
    case .control(let setup, let data):
      "\(time) c \(Hexadecimal.text(setup)) \(data.map { Hexadecimal.text($0) } ?? "stall")"
    case .halt(let endpoint): "\(time) < \(Hexadecimal.text([endpoint])) stall"
    case .reset: "\(time) r 00"
    }
  }
}
