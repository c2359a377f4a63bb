import Crypto
import CryptoExtras
import Foundation

/// The module's side of the family's encryption, by another mode than the driver's: CBC of one block with
/// zero as its start is the block cipher itself.
struct FaceWireCipher: Hashable, Sendable {
  private let key: [UInt8]

  init(seed: [UInt8]) {
    let digest = Insecure.MD5.hash(data: Data(seed))
    let text = Array(digest.map { String(format: "%02x", $0) }.joined().utf8)
    let columns: [Int] = [31, 28, 25, 22, 19, 16, 13, 10, 21, 18, 15, 12, 9, 6, 3, 0]
    key = columns.map { text[$0] }
  }

  func frame(_ id: UInt8, _ data: [UInt8]) -> [UInt8] {
    var text = [id, UInt8(data.count / 256), UInt8(data.count % 256)] + data
    while text.count % 16 != 0 { text.append(0) }
    let sealed = blocks(text) {
      try AES._CBC.encrypt($0, using: SymmetricKey(data: key), iv: $1, noPadding: true)
    }
    let head = [0xEF, 0xAA, UInt8(sealed.count / 256), UInt8(sealed.count % 256)]
    return head + sealed + [sealed.reduce(0) { $0 ^ $1 }]
  }

  /// - Returns: `nil` for what is no frame.
  func open(_ sealed: [UInt8]) -> (id: UInt8, data: [UInt8])? {
    guard sealed.count % 16 == 0, !sealed.isEmpty else { return nil }
    let text = blocks(sealed) {
      try AES._CBC.decrypt($0, using: SymmetricKey(data: key), iv: $1, noPadding: true)
    }
    let size = Int(text[1]) * 256 + Int(text[2])
    guard 3 + size <= text.count else { return nil }
    return (text[0], Array(text[3..<3 + size]))
  }

  private func blocks(_ bytes: [UInt8], _ work: ([UInt8], AES._CBC.IV) throws -> Data) -> [UInt8] {
    var result: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 16) {
      do {
        let zero = try AES._CBC.IV(ivBytes: [UInt8](repeating: 0, count: 16))
        result += try work(Array(bytes[start..<start + 16]), zero)
      } catch {
        preconditionFailure("AES takes blocks of 16 bytes: \(error)")
      }
    }
    return result
  }
}
