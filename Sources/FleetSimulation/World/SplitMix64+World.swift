package import CanteenModel
package import SeededRandom

/// What a world draws. Each purpose has a generator of its own (``SplitMix64/init(seed:number:)``), so that what one
/// draws less moves no other.
extension SplitMix64 {
  /// A number of the range, both ends included.
  package mutating func between(_ low: Int64, _ high: Int64) -> Int64 {
    low + Int64(next() % UInt64(high - low + 1))
  }

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
