/// Marsaglia's xorshift64: the same seed gives the same histories everywhere.
struct Seeded {
  /// Not 0.
  var state: UInt64

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
