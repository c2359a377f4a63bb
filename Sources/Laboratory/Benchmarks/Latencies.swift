import Foundation

/// How long the repetitions of one thing took, as percentiles.
struct Latencies: Codable, Sendable {
  let n: Int
  let p50: Double
  let p95: Double
  let p99: Double
  /// One after the other.
  let perSecond: Double

  /// Microseconds, as the C peers print them.
  private enum CodingKeys: String, CodingKey {
    case n
    case p50 = "p50_us"
    case p95 = "p95_us"
    case p99 = "p99_us"
    case perSecond = "per_s"
  }

  /// - Precondition: There is at least one duration.
  init(_ durations: [Duration]) {
    precondition(!durations.isEmpty, "a percentile needs a measurement")
    let sorted = durations.map { $0 / .microseconds(1) }.sorted()
    /// Nearest rank, as in the C peers.
    func percentile(_ percent: Int) -> Double {
      sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
    }
    n = sorted.count
    (p50, p95, p99) = (percentile(50), percentile(95), percentile(99))
    perSecond = Double(n) * 1e6 / sorted.reduce(0, +)
  }

  /// Reads the line that a C peer prints.
  init(peer line: String) throws(LaboratoryError) {
    do {
      self = try JSONDecoder().decode(Latencies.self, from: Data(line.utf8))
    } catch {
      throw .program("a peer printed something else than its latencies: \(line)")
    }
  }
}
