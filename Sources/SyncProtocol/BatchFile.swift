import CanteenModel

/// Signed batches one after another in a file, which somebody carries to the centre: before each one its length
/// in bytes, 32 bits, big-endian.
package enum BatchFile {
  private static let lengthBytes = 4

  /// A batch as it stands in the file.
  package static func entry(_ batch: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt32(batch.count).bigEndian) { Array($0) } + batch
  }

  /// Takes a file apart. Whether the batches are genuine is asked where they are taken.
  ///
  /// - Throws: ``WireError/malformed(_:)`` for a file that is cut off, or is none.
  package static func batches(in file: [UInt8]) throws(WireError) -> [[UInt8]] {
    var batches: [[UInt8]] = []
    var rest = file[...]
    while !rest.isEmpty {
      let length = rest.prefix(lengthBytes).reduce(0) { $0 << 8 | Int($1) }
      let batch = rest.dropFirst(lengthBytes).prefix(length)
      guard rest.count >= lengthBytes, (1...WireLimit.bytesPerBatch).contains(length),
        batch.count == length
      else { throw .malformed("the file behind its batch \(batches.count)") }
      batches.append(Array(batch))
      rest = rest.dropFirst(lengthBytes + length)
    }
    return batches
  }
}
