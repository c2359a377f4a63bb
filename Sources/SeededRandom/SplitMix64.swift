/// The generator of Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014): the
/// same seed gives the same numbers on every machine.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  /// A generator of its own for the n-th experiment of a seed.
  package init(seed: UInt64, number: Int) {
    var mixed = SplitMix64(seed: seed ^ UInt64(truncatingIfNeeded: number) &* 0xD134_2543_DE82_EF95)
    state = mixed.next()
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number in `0..<limit`.
  ///
  /// - Precondition: The limit is positive.
  package mutating func below(_ limit: Int) -> Int {
    precondition(limit > 0, "there is no number below zero")
    return Int(next() % UInt64(limit))
  }

  /// True in so many of a thousand cases.
  package mutating func chance(permille: Int) -> Bool { below(1000) < permille }
}
