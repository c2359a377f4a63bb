import Foundation

/// How values are printed.
enum Output {
  /// Pretty JSON with sorted keys.
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// `2026-11-23 12:04:31`, in China's time.
  static func time(_ milliseconds: Int64) -> String {
    let style = Date.ISO8601FormatStyle(
      dateTimeSeparator: .space, timeZone: TimeZone(secondsFromGMT: 8 * 3600) ?? .gmt)
    let date = Date(timeIntervalSince1970: TimeInterval(milliseconds / 1000))
    return date.formatted(style.year().month().day().time(includingFractionalSeconds: false))
  }

  /// Cells in columns, wide enough for the widest, two spaces between; the last one is not padded.
  static func table(_ rows: [[String]]) {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { $0.count > column ? width($0[column]) : 0 }.max() ?? 0
    }
    for row in rows {
      let cells = row.enumerated().map { column, cell in
        column == row.count - 1
          ? cell : cell + String(repeating: " ", count: widths[column] - width(cell))
      }
      print(cells.joined(separator: "  "))
    }
  }

  /// Columns that a text takes on a screen: two for a Chinese character, one otherwise.
  private static func width(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { sum, scalar in
      let isWide =
        (0x2E80...0xA4CF).contains(scalar.value) || (0xAC00...0xD7A3).contains(scalar.value)
        || (0xF900...0xFAFF).contains(scalar.value) || (0xFE30...0xFE6F).contains(scalar.value)
        || (0xFF00...0xFF60).contains(scalar.value)
      return sum + (isWide ? 2 : 1)
    }
  }
}
