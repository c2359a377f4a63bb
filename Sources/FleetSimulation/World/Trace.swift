/// A running hash over everything that happened in a world and every byte that was written or sent: FNV-1a
/// with 64 bits. Two runs of a seed are the same run when it is the same.
package struct Trace: Sendable {
  package private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ value: UInt64) {
    hash = (hash ^ value) &* 0x100_0000_01B3
    hash ^= hash >> 29
  }

  mutating func add(_ bytes: [UInt8]) {
    var hash = hash
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    self.hash = hash
  }
}
