import Foundation

/// One figure of `make bench`: its key in `.build/bench.json`, what came out, and what is aimed at.
struct BenchFigure: Codable {
  enum Aim: Codable {
    case atMost(Double)
    case atLeast(Double)
    /// Shown beside the others.
    case none
  }

  let key: String
  let value: Double
  let aim: Aim

  init(_ key: String, _ value: Double, _ aim: Aim = .none) {
    self.key = key
    self.value = (value * 1000).rounded() / 1000
    self.aim = aim
  }

  /// A ratio, as the median over rounds of ours divided by theirs.
  init(_ key: String, ratio ours: [Double], _ theirs: [Double], _ aim: Aim = .none) {
    self.init(key, Self.median(zip(ours, theirs).map { $0 / $1 }), aim)
  }

  var line: String {
    let name = key.padding(toLength: 34, withPad: " ", startingAt: 0)
    let found = String(format: "%10.3f", value)
    return switch aim {
    case .atMost(let limit):
      "\(name) \(found)   at most \(limit): \(value <= limit ? "met" : "missed")"
    case .atLeast(let limit):
      "\(name) \(found)   at least \(limit): \(value >= limit ? "met" : "missed")"
    case .none: "\(name) \(found)"
    }
  }

  /// Writes figures into a file of all of them, in place of what it says of the same keys.
  static func write(_ figures: [BenchFigure], to path: String) throws {
    let file = URL(filePath: path)
    // try?: the first figures make the file.
    let text = try? Data(contentsOf: file)
    // try?: what cannot be read is made anew.
    let old = text.flatMap { try? JSONDecoder().decode([String: Double].self, from: $0) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let values = figures.map { ($0.key, $0.value) }
    try encoder.encode((old ?? [:]).merging(values) { $1 }).write(to: file)
  }

  /// - Precondition: There is at least one value.
  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted[sorted.count / 2]
  }
}
