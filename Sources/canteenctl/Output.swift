import Foundation

/// How values are printed.
enum Output {
  /// Pretty JSON with sorted keys.
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// `12:04:31`, in local time.
  static func timeOfDay(_ wallMilliseconds: Int64, utcOffsetMinutes: Int) -> String {
    let seconds = (wallMilliseconds / 1000 + Int64(utcOffsetMinutes) * 60) % 86_400
    return String(
      format: "%02d:%02d:%02d", Int(seconds / 3600), Int(seconds / 60 % 60), Int(seconds % 60))
  }

  /// `2026-11-21 12:04:31`, in local time.
  static func dayAndTime(_ wallMilliseconds: Int64, utcOffsetMinutes: Int) -> String {
    let local = wallMilliseconds + Int64(utcOffsetMinutes) * 60_000
    let day = Date(timeIntervalSince1970: Double(local) / 1000).formatted(
      .iso8601.year().month().day())
    return "\(day) \(timeOfDay(wallMilliseconds, utcOffsetMinutes: utcOffsetMinutes))"
  }

  /// `11:00`.
  static func minute(_ minuteOfDay: Int) -> String {
    String(format: "%02d:%02d", minuteOfDay / 60, minuteOfDay % 60)
  }

  /// `00:02:10`.
  static func duration(_ milliseconds: Int64) -> String {
    let seconds = Int(milliseconds / 1000)
    return String(format: "%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60)
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

  /// Columns that a text takes in a terminal: two for a Chinese character, one otherwise.
  static func width(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { sum, scalar in
      let isWide =
        (0x1100...0x115F).contains(scalar.value)
        || (0x2E80...0xA4CF).contains(scalar.value) || (0xAC00...0xD7A3).contains(scalar.value)
        || (0xF900...0xFAFF).contains(scalar.value) || (0xFE30...0xFE6F).contains(scalar.value)
        || (0xFF00...0xFF60).contains(scalar.value)
      return sum + (isWide ? 2 : 1)
    }
  }
}

/// Where the daemon's socket is unless the command line says it.
enum SocketPath {
  static var fromEnvironment: String {
    ProcessInfo.processInfo.environment["CANTEEN_SOCKET"] ?? "/run/canteen/canteend.sock"
  }
}
