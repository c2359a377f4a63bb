import SeededRandom

extension SplitMix64 {
  /// Bytes that are the same at every run.
  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }

  /// As many of any value as the range allows.
  mutating func bytes(_ count: ClosedRange<Int>) -> [UInt8] {
    (0..<Int.random(in: count, using: &self)).map { _ in .random(in: 0...255, using: &self) }
  }
}
