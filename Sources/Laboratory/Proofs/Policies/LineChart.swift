import Foundation

/// Some lines over one another, as SVG 1.1.
struct LineChart {
  struct Line {
    let name: String
    var points: [(x: Double, y: Double)] = []
  }

  let title: String
  let across: String
  let lines: [Line]

  private static let (width, height) = (760.0, 440.0)
  private static let (left, right, top, bottom) = (70.0, 20.0, 50.0, 130.0)
  private static let colours = ["#0b6e4f", "#b3261e", "#1f4e9c", "#a15c00", "#6a3d9a"]

  private var most: (x: Double, y: Double) {
    let points = lines.flatMap(\.points)
    return (
      max(1, points.map(\.x).max() ?? 1), max(0.001, points.map(\.y).max() ?? 1)
    )
  }

  private func place(_ point: (x: Double, y: Double)) -> (x: Double, y: Double) {
    let most = most
    return (
      Self.left + point.x / most.x * (Self.width - Self.left - Self.right),
      Self.height - Self.bottom - point.y / most.y * (Self.height - Self.top - Self.bottom)
    )
  }

  private static func text(_ value: Double) -> String {
    value >= 10 || value == 0 ? "\(Int(value.rounded()))" : String(format: "%.3g", value)
  }

  var svg: String {
    var parts = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" \
      font-family="sans-serif" font-size="13">
      <rect width="100%" height="100%" fill="white"/>
      <text x="\(Int(Self.left))" y="28" font-size="16">\(title)</text>
      """
    ]
    let most = most
    for step in 0...4 {
      let value = most.y * Double(step) / 4
      let y = place((0, value)).y
      parts.append(
        String(
          format:
            "<line x1=\"%.0f\" y1=\"%.1f\" x2=\"%.0f\" y2=\"%.1f\" stroke=\"#ddd\"/>",
          Self.left, y, Self.width - Self.right, y))
      parts.append(
        String(
          format: "<text x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">%@</text>", Self.left - 8,
          y + 4, Self.text(value)))
    }
    for point in lines.first?.points ?? [] {
      parts.append(
        String(
          format: "<text x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">%@</text>",
          place((point.x, 0)).x, Self.height - Self.bottom + 20, Self.text(point.x)))
    }
    parts.append(
      "<text x=\"\(Int(Self.left))\" y=\"\(Int(Self.height - Self.bottom) + 40)\">\(across)</text>")
    for (index, line) in lines.enumerated() {
      parts += drawn(line, index)
    }
    return (parts + ["</svg>", ""]).joined(separator: "\n")
  }

  private func drawn(_ line: Line, _ index: Int) -> [String] {
    let colour = Self.colours[index % Self.colours.count]
    let points = line.points.map { point in
      let place = place(point)
      return String(format: "%.1f,%.1f", place.x, place.y)
    }
    let y = Self.height - Self.bottom + 60 + 15 * Double(index)
    return [
      "<polyline fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\" points=\""
        + "\(points.joined(separator: " "))\"/>",
      String(
        format: "<text x=\"%.0f\" y=\"%.0f\" fill=\"%@\">— %@</text>", Self.left, y, colour,
        line.name),
    ]
  }

  func write(to path: String) throws {
    try svg.write(toFile: path, atomically: true, encoding: .utf8)
  }
}
