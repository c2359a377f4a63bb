/// An opaque value of 32 bytes: a chain head, a record id, a nonce. The cores compare it, nothing else.
package struct Digest32: Hashable, Sendable {
  private let words: [4 of UInt64]

  /// The value before the first record of a chain.
  package static let zero = Digest32(words: [0, 0, 0, 0])

  private init(words: [4 of UInt64]) {
    self.words = words
  }

  /// - Returns: `nil` unless there are exactly 32 bytes.
  package init?(_ bytes: some Collection<UInt8>) {
    // An array first: another module's collection gives each byte through its witness table.
    let bytes = Array(bytes)
    guard bytes.count == 32 else { return nil }
    var words: [4 of UInt64] = [0, 0, 0, 0]
    for index in 0..<32 { words[index / 8] = words[index / 8] << 8 | UInt64(bytes[index]) }
    self.words = words
  }

  /// The 32 bytes in order.
  package var bytes: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 32)
    for index in 0..<4 {
      var word = words[index]
      for place in stride(from: 8 * index + 7, through: 8 * index, by: -1) {
        bytes[place] = UInt8(truncatingIfNeeded: word)
        word >>= 8
      }
    }
    return bytes
  }

  package static func == (left: Digest32, right: Digest32) -> Bool {
    (0..<4).allSatisfy { left.words[$0] == right.words[$0] }
  }

  package func hash(into hasher: inout Hasher) {
    for index in 0..<4 { hasher.combine(words[index]) }
  }
}

extension Digest32: CustomStringConvertible {
  /// 64 hexadecimal digits, lower case.
  package var description: String { Hexadecimal.text(bytes) }
}
