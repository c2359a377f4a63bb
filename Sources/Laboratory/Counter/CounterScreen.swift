import CanteenModel
import VirtualReaders

/// What the counter's terminal view shows: a value in, lines out.
struct CounterScreen: Sendable {
  /// Who can be chosen, by the keys 1 to 9.
  var diners: [Diner]
  var chosen = 0
  /// `nil` until the terminal answered, or when it does not.
  var status: TerminalStatus?
  var readers: [PluggedReader] = []
  /// What happened, newest last.
  var log: [String] = []

  static let width = 80
  private static let logLines = 7
  static let keys =
    "1-9 diner   c card   s code   f face   r take away   C S F pull, plug   q quit"

  private enum Style: String {
    case plain = "0"
    case bold = "1"
    case dim = "2"
    case green = "1;30;42"
    case red = "1;37;41"
    case yellow = "1;30;43"
    case chosen = "7"
  }

  /// The screen's lines, each as wide as ``width``, with their colours.
  var lines: [String] {
    var lines = [title, rule]
    lines += lanes + [rule] + devices + [rule, people, rule]
    lines += log.suffix(Self.logLines).map { styled(padded(" " + $0), .plain) }
    let missing = Self.logLines - min(log.count, Self.logLines)
    lines += [String](repeating: padded(""), count: missing)
    return lines + [rule, totals, styled(padded(" " + Self.keys), .dim)]
  }

  private var title: String {
    let name = status.map { "\($0.canteen), terminal \($0.terminal)" } ?? "no terminal answers"
    let meal = status?.meal.map { "\($0.name) \($0.price)" } ?? ""
    return styled(padded(" \(name)", right: "\(meal) "), .bold)
  }

  private var rule: String { styled(String(repeating: "─", count: Self.width), .dim) }

  private var lanes: [String] {
    guard let status else { return [padded(" -")] }
    if let closed = status.closedBecause {
      return [styled(padded(" closed: \(closed)"), .yellow)]
    }
    return status.lanes.map { lane in
      let words = [lane.armed.map { "to pay: \($0)" }, lane.lastResult].compactMap(\.self)
      let text = " lane \(lane.number)  \(lane.state)  \(words.joined(separator: "  "))"
      let result = lane.lastResult ?? ""
      let style: Style =
        lane.state != "showing"
        ? .plain : result.hasPrefix("declined") ? .red : .green
      return styled(padded(text), style)
    }
  }

  private var devices: [String] {
    guard !readers.isEmpty else { return [padded(" nothing is plugged in")] }
    return readers.map { reader in
      let seen = status?.readers.first { $0.reader.port == reader.port }
      let state = seen.map { $0.state } ?? "-"
      let text = " \(reader.kind.rawValue)".padding(to: 10) + reader.port.padding(to: 7)
      let model = (seen?.model ?? reader.name).padding(to: 30)
      let reason = seen?.reason.map { ": \($0)" } ?? ""
      return styled(padded(text + model + state + reason), state == "ready" ? .plain : .yellow)
    }
  }

  private var people: String {
    let names = diners.prefix(9).enumerated().map { " \($0 + 1) \($1.name) " }
    let rest = String(repeating: " ", count: max(0, Self.width - names.joined().columns))
    let styles = names.indices.map { $0 == chosen ? Style.chosen : .plain }
    return zip(names, styles).map { styled($0, $1) }.joined() + rest
  }

  private var totals: String {
    guard let status else { return padded("") }
    return padded(
      " today \(status.today.approved) approved, \(status.today.approvedTotal), "
        + "\(status.today.declined) declined",
      right: "\(status.outbox.records) wait for the centre ")
  }

  private func styled(_ text: String, _ style: Style) -> String {
    "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
  }

  /// - Returns: The text, cut or filled to the width of the screen.
  private func padded(_ text: String, right: String = "") -> String {
    let room = Self.width - right.columns
    return text.fitted(to: room).padding(to: room) + right
  }
}

extension String {
  /// How many columns a terminal gives it: Chinese characters have two.
  var columns: Int { unicodeScalars.reduce(0) { $0 + $1.columns } }

  fileprivate func padding(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - columns))
  }

  fileprivate func fitted(to width: Int) -> String {
    var (text, used) = ("", 0)
    for character in self {
      let columns = String(character).columns
      guard used + columns <= width else { break }
      text.append(character)
      used += columns
    }
    return text
  }
}

extension Unicode.Scalar {
  fileprivate var columns: Int {
    switch value {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6:
      2
    default: 1
    }
  }
}
