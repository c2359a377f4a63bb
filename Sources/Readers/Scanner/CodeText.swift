package import CanteenModel
import Glibc

extension ScannedCode {
  /// What a code says, for people. For comparing and hashing there are ``bytes``: a few short words of GBK
  /// are UTF-8 as well, and then shown as that.
  ///
  /// - Returns: The text of UTF-8 or GB 18030 (of which GBK is a part); hexadecimal digits for anything
  ///   else, and for what has control characters other than line ends and tabs.
  package var text: String {
    let text = String(validating: bytes, as: UTF8.self) ?? Self.decoded(bytes, from: "GB18030")
    guard let text, text.unicodeScalars.allSatisfy(Self.isShown) else {
      return Hexadecimal.text(bytes)
    }
    return text
  }

  private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
    if "\r\n\t".unicodeScalars.contains(scalar) { return true }
    return switch scalar.properties.generalCategory {
    case .control, .privateUse, .unassigned, .surrogate, .format: false
    default: true
    }
  }

  /// - Returns: `nil` when the bytes are no text of the character set, or the system does not know it.
  private static func decoded(_ bytes: [UInt8], from characterSet: String) -> String? {
    guard let converter = iconv_open("UTF-8", characterSet), Int(bitPattern: converter) != -1 else {
      return nil
    }
    #if SEEDED_BUGS
      defer { if SeededCodecBug.planted != .converterStaysOpen { iconv_close(converter) } }
    #else
      defer { iconv_close(converter) }
    #endif
    // Two bytes of GB 18030 are at most three of UTF-8, four are at most four.
    var room = [CChar](repeating: 0, count: bytes.count * 2)
    var source = bytes.map { CChar(bitPattern: $0) }
    let left: Int? = source.withUnsafeMutableBufferPointer { from in
      room.withUnsafeMutableBufferPointer { to in
        var (input, output) = (from.baseAddress, to.baseAddress)
        var (inputLeft, outputLeft) = (from.count, to.count)
        let result = iconv(converter, &input, &inputLeft, &output, &outputLeft)
        return result == 0 && inputLeft == 0 ? outputLeft : nil
      }
    }
    guard let left else { return nil }
    let text = room.dropLast(left).map { UInt8(bitPattern: $0) }
    return String(validating: text, as: UTF8.self)
  }
}
