package import CanteenModel

/// The only source of chance in a world: the same seed gives the same numbers on every machine.
///
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
package struct Dice: Sendable {
  private var state: UInt64

  /// A stream of its own for each purpose, so that what one draws less moves no other.
  package init(seed: UInt64, stream: UInt64) {
    var mixed = Dice(state: seed ^ stream &* 0xD134_2543_DE82_EF95)
    state = mixed.next()
  }

  private init(state: UInt64) {
    self.state = state
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

  /// A number of the range, both ends included.
  package mutating func between(_ low: Int64, _ high: Int64) -> Int64 {
    low + Int64(next() % UInt64(high - low + 1))
  }

  /// True in so many of a thousand cases.
  package mutating func chance(_ permille: Int) -> Bool { below(1000) < permille }

  /// 32 bytes.
  package mutating func digest() -> Digest32 {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    for _ in 0..<4 {
      let word = next()
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
      }
    }
    guard let digest = Digest32(bytes) else { preconditionFailure("32 bytes were drawn") }
    return digest
  }
}
