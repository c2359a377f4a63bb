import Foundation

/// One figure of `make bench`: what came out for a key.
struct BenchFigure: Codable {
  let key: BenchKey
  let value: Double

  init(_ key: BenchKey, _ value: Double) {
    self.key = key
    self.value = (value * 1000).rounded() / 1000
  }

  /// A ratio, as the median over rounds of ours divided by theirs.
  init(_ key: BenchKey, ratio ours: [Double], _ theirs: [Double]) {
    self.init(key, Self.median(zip(ours, theirs).map { $0 / $1 }))
  }

  var line: String {
    let name = key.rawValue.padding(toLength: 34, withPad: " ", startingAt: 0)
    let found = String(format: "%10.3f", value)
    return switch key.aim {
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
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let new = figures.map { ($0.key.rawValue, $0.value) }
    try encoder.encode(values(at: path).merging(new) { $1 }).write(to: file)
  }

  /// Every figure that is known now, in the order of the keys.
  static func read(from path: String) -> [BenchFigure] {
    let values = values(at: path)
    return BenchKey.allCases.compactMap { key in
      values[key.rawValue].map { BenchFigure(key, $0) }
    }
  }

  private static func values(at path: String) -> [String: Double] {
    // try?: the first figures make the file.
    let text = try? Data(contentsOf: URL(filePath: path))
    // try?: what cannot be read is made anew.
    return text.flatMap { try? JSONDecoder().decode([String: Double].self, from: $0) } ?? [:]
  }

  /// - Precondition: There is at least one value.
  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted[sorted.count / 2]
  }
}
