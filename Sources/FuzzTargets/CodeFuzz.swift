import CanteenModel
import Readers
import SyncProtocol

/// A payment code, as it comes: any bytes at all.
enum CodeFuzz {
  static func run(_ bytes: [UInt8]) throws(BrokenPromise) {
    guard (1...ScannedCode.longest).contains(bytes.count) else { return }
    let code = ScannedCode(bytes: bytes, symbology: nil)
    // Four bytes of text are at most two of GBK; hexadecimal digits are two a byte.
    let text = code.text
    try promise(text.utf8.count <= bytes.count * 2, "the text is longer than the code can say")
    try promise(
      text.unicodeScalars.allSatisfy { $0.value >= 0x20 || "\r\n\t".unicodeScalars.contains($0) },
      "a control character reaches the screen")
    let credential = Credential(code: code.bytes)
    try promise(credential.value.count == 32, "a code's credential is its hash")
    try promise(credential == Credential(code: bytes), "the same code, and another credential")
    let longer = Credential(code: bytes + [0])
    try promise(credential != longer, "another code, and the same credential")
  }
}
