/// Reads protobuf by itself: the checkers share no code with the codecs that they check.
///
/// Source: protobuf.dev/programming-guides/encoding.
struct RawMessage {
  private let bytes: [UInt8]
  private var offset: Int
  private let end: Int

  /// One field: its number, and a number or a range of bytes.
  struct Field {
    let number: Int
    let value: UInt64
    let range: Range<Int>

    var signed: Int64 { Int64(bitPattern: value) }
  }

  init(_ bytes: [UInt8], _ range: Range<Int>? = nil) {
    self.bytes = bytes
    offset = range?.lowerBound ?? 0
    end = range?.upperBound ?? bytes.count
  }

  /// The next field; `nil` at the end, and where the bytes are no message.
  mutating func next() -> Field? {
    guard offset < end, let key = varint() else { return nil }
    let number = Int(key >> 3)
    switch key & 7 {
    case 0:
      guard let value = varint() else { return nil }
      return Field(number: number, value: value, range: offset..<offset)
    case 2:
      guard let length = varint(), offset + Int(length) <= end else { return nil }
      let range = offset..<(offset + Int(length))
      offset = range.upperBound
      return Field(number: number, value: 0, range: range)
    default: return nil
    }
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while offset < end, shift < 64 {
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }
}
