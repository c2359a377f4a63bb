import Crypto
import CryptoExtras

/// The cipher of the `EF AA` family: AES-128, block by block, with a key from a seed that is sent in clear.
///
/// It gives no secrecy, because whoever hears the line hears the seed, and equal blocks stay equal. It is
/// here for modules that take no other frames.
package struct FaceCipher: Equatable, Sendable {
  static let blockSize = 16
  static let seedSize = 4
  /// Which characters of the seed's MD5 in hexadecimal make the key.
  private static let order = [31, 28, 25, 22, 19, 16, 13, 10, 21, 18, 15, 12, 9, 6, 3, 0]
  private static let headSize = 3

  /// 16 characters of ASCII.
  let key: [UInt8]

  /// - Precondition: The seed has 4 bytes.
  package init(seed: [UInt8]) {
    precondition(seed.count == Self.seedSize, "a seed has 4 bytes")
    let digits = Array("0123456789abcdef".utf8)
    let text = Insecure.MD5.hash(data: seed).flatMap {
      [digits[Int($0 >> 4)], digits[Int($0 & 0x0F)]]
    }
    key = Self.order.map { text[$0] }
  }

  /// - Returns: Whole blocks: zeroes are added.
  func encrypt(_ text: [UInt8]) -> [UInt8] {
    let rest = text.count % Self.blockSize
    let padding = rest == 0 ? 0 : Self.blockSize - rest
    return blocks(of: text + [UInt8](repeating: 0, count: padding)) {
      try AES.permute(&$0, key: $1)
    }
  }

  /// - Returns: The frame inside; `nil` for anything but whole blocks with a frame in them.
  func open(_ sealed: [UInt8]) -> FaceFrame? {
    guard !sealed.isEmpty, sealed.count.isMultiple(of: Self.blockSize) else { return nil }
    let text = blocks(of: sealed) { try AES.inversePermute(&$0, key: $1) }
    let size = Int(text[1]) << 8 | Int(text[2])
    // The padding is less than a block: a size that leaves more is no size.
    let rest = text.count - Self.headSize - size
    guard size <= FaceFrame.longestData, (0..<Self.blockSize).contains(rest) else { return nil }
    return FaceFrame(id: text[0], data: Array(text[Self.headSize..<Self.headSize + size]))
  }

  private func blocks(
    of bytes: [UInt8], _ permute: (inout [UInt8], SymmetricKey) throws -> Void
  ) -> [UInt8] {
    let symmetric = SymmetricKey(data: key)
    return stride(from: 0, to: bytes.count, by: Self.blockSize).flatMap { start in
      var block = Array(bytes[start..<start + Self.blockSize])
      do {
        try permute(&block, symmetric)
      } catch {
        preconditionFailure("AES takes blocks of 16 bytes and a key of 16: \(error)")
      }
      return block
    }
  }
}
